import { once } from 'node:events';
import { request, type IncomingMessage, type Server } from 'node:http';
import { jest } from '@jest/globals';
import {
  ClientService,
  ConsentService,
  RoleGrantService,
  SecurityEvents,
  SessionService,
  UserStatusService,
  type SecurityEvent,
} from '@sallyport/nest';
import {
  authorizationRequest,
  Browser,
  form,
  grantRole,
  ISSUER,
  newVerifier,
  post,
  readQuestion,
  redeem,
  refresh,
  registerClient,
  send,
  startAuthorizationServer,
  TestUsers,
  type HttpAnswer,
  type TestClient,
} from '../support/authorization-server.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { seeder, type Instance } from '../support/instances.js';
import { claimsOf, refusalOf, revoke } from '../support/oauth-answers.js';
import { secondsLater } from '../support/time-travel.js';

const GRACE = 30;
const IDLE = 3_600;
const ABSOLUTE = 7_200;
const BOTH = 'invoices:read invoices:write';

type Tokens = HttpAnswer['body'];

describe('The OAuth checklist: refresh tokens', () => {
  let server: Instance;
  let shop: TestClient;
  let strict: TestClient;
  let other: TestClient;
  let alice: Browser;
  const told: SecurityEvent[] = [];

  beforeAll(async () => {
    server = await startAuthorizationServer({
      server: {
        refreshGraceSeconds: GRACE,
        refreshIdleSeconds: IDLE,
        refreshAbsoluteSeconds: ABSOLUTE,
        signIn: { attempts: 1_000, addressAttempts: 1_000 },
      },
    });
    shop = await registerClient(server);
    strict = await registerClient(server, 'strict', { refreshGrace: false });
    other = await registerClient(server, 'other');
    await grantRole(server, 'alice');
    await grantRole(server, 'bob');
    await grantRole(server, 'carol', 'viewer');
    alice = new Browser(server);
    server.get(SecurityEvents).subscribe((event) => told.push(event));
  });
  afterAll(() => server.app.close());

  const expectDead = async (
    { access_token: token, refresh_token: refreshToken }: Tokens,
    client = shop,
  ) => {
    expect(refusalOf(await refresh(server, client, refreshToken), [refreshToken])).toBe(
      '400 invalid_grant',
    );
    expect(await server.probe({ token })).toBe(401);
  };
  const next = async (tokens: Tokens, client = shop): Promise<Tokens> => {
    const { status, body } = await refresh(server, client, tokens.refresh_token as string);
    expect(status).toBe(200);
    return body;
  };
  const eventsOf = (tokens: Tokens): readonly string[] =>
    told
      .filter((event) => 'grantId' in event && event.grantId === claimsOf(tokens.access_token).gid)
      .map(({ kind }) => kind);

  describe('25. Rotation', () => {
    it('25. A refresh token older than the immediate predecessor is an invalid_grant, and the whole family dies [C66] [C99] [T6]', async () => {
      const first = await alice.login(shop);
      const second = await next(first);
      const third = await next(second);
      const untouched = await alice.login(shop);
      expect(await server.probe({ token: third.access_token })).toBe(200);
      await expectDead(first);
      await expectDead(second);
      await expectDead(third);
      expect(eventsOf(third)).toContain('refresh-token.reused');
      expect((await refresh(server, shop, untouched.refresh_token)).status).toBe(200);
    });

    it('25. The immediate predecessor gives the same answer within the grace [W1] [C99]', async () => {
      const first = await alice.login(shop);
      const second = await next(first);
      await secondsLater(GRACE - 5, async () => {
        const again = await next(first);
        expect(again.refresh_token).toBe(second.refresh_token);
        expect(again.access_token).toBe(second.access_token);
        expect(again.expires_in).toBeLessThanOrEqual(600 - (GRACE - 5));
        await next(second);
      });
    });

    it('25. The immediate predecessor after the grace is an invalid_grant, and the whole family dies', async () => {
      const first = await alice.login(shop);
      const second = await next(first);
      await secondsLater(GRACE + 2, async () => {
        await expectDead(first);
        await expectDead(second);
        expect(eventsOf(second)).toContain('refresh-token.reused');
      });
    });

    it('25. A refresh token that would have expired by now still tells of a thief', async () => {
      const first = await alice.login(shop);
      await secondsLater(IDLE - 60, async () => {
        const second = await next(first);
        await secondsLater(180, async () => {
          await expectDead(first);
          await expectDead(second);
        });
      });
    });

    it('25. Without grace any second use ends the family [C53]', async () => {
      const first = await alice.login(strict);
      const second = await next(first, strict);
      await expectDead(first, strict);
      await expectDead(second, strict);
    });

    it('25. A second use within the same millisecond ends the family too', async () => {
      const first = await alice.login(strict);
      await secondsLater(1, async () => {
        const second = await next(first, strict);
        await expectDead(first, strict);
        await expectDead(second, strict);
      });
    });

    it('25. A request that is held back until the token was used counts as a second use', async () => {
      const phone = await registerClient(server, 'held-back', {
        type: 'public',
        refreshGrace: false,
      });
      const first = await alice.login(phone);
      const held = request(`${server.url}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      const arrived = once(server.app.getHttpServer() as Server, 'request');
      held.flushHeaders();
      await arrived;
      // Whoever comes later is answered: it has passed our guards by then.
      await send(server, '/oauth/jwks');
      await secondsLater(15, async () => {
        const second = await next(first, phone);
        const answered = once(held, 'response') as Promise<[IncomingMessage]>;
        const refreshing = { grant_type: 'refresh_token', client_id: phone.clientId };
        held.end(form({ ...refreshing, refresh_token: first.refresh_token }).toString());
        const [answer] = await answered;
        answer.resume();
        expect(answer.statusCode).toBe(400);
        await expectDead(second, phone);
      });
    });

    it('25. A refresh token of a family that has died says nothing of why', async () => {
      const dead = await alice.login(strict);
      await next(dead, strict);
      const answers = [
        await refresh(server, strict, dead.refresh_token),
        await refresh(server, strict, dead.refresh_token),
        await refresh(server, strict, 'x'.repeat(43)),
      ];
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    });
  });

  describe('26. Scope and audience', () => {
    it('26. Refresh cannot widen scope, and the token stays good', async () => {
      const narrow = await alice.login(shop, { scope: 'invoices:read' });
      for (const scope of [BOTH, 'invoices:write', 'invoices:read openid', 'sallyport:admin']) {
        const answer = await refresh(server, shop, narrow.refresh_token, { scope });
        expect(refusalOf(answer)).toBe('400 invalid_scope');
      }
      expect((await next(narrow)).scope).toBe('invoices:read');
    });

    it('26. Refresh cannot widen audience, and the token stays good', async () => {
      const tokens = await alice.login(shop);
      const resource = 'https://elsewhere.test';
      const answer = await refresh(server, shop, tokens.refresh_token, { resource });
      expect(refusalOf(answer)).toBe('400 invalid_target');
      await next(tokens);
    });

    it('26. Narrowing works, and does not shrink the grant forever', async () => {
      const first = await alice.login(shop);
      const { body: narrow } = await refresh(server, shop, first.refresh_token, {
        scope: 'invoices:read',
      });
      expect(narrow.scope).toBe('invoices:read');
      expect(claimsOf(narrow.access_token).scope).toBe('invoices:read');
      const wide = await next(narrow);
      expect(wide.scope).toBe(BOTH);
      expect(claimsOf(wide.access_token).scope).toBe(BOTH);
    });
  });

  it("27. A refresh token of client A with client B is an invalid_grant, and A's token still works", async () => {
    const tokens = await alice.login(shop);
    const phone = await registerClient(server, 'phone', { type: 'public' });
    for (const stranger of [other, strict, phone]) {
      const answer = await refresh(server, stranger, tokens.refresh_token);
      expect(refusalOf(answer, [tokens.refresh_token])).toBe('400 invalid_grant');
    }
    await next(tokens);
  });

  describe('28. Lifetimes', () => {
    it('28. Idle expiry holds, and each use begins it anew [C52] [C53] [C99]', async () => {
      const first = await alice.login(shop);
      await secondsLater(IDLE - 60, async () => {
        const second = await next(first);
        await secondsLater(IDLE - 60, async () => {
          const third = await next(second);
          expect(third.refresh_token).not.toBe(second.refresh_token);
        });
      });
      const idle = await alice.login(shop);
      await secondsLater(IDLE + 60, async () => {
        expect(refusalOf(await refresh(server, shop, idle.refresh_token))).toBe(
          '400 invalid_grant',
        );
      });
    });

    it('28. The absolute lifetime of a family holds, whatever the rotation count [C52] [C53] [C99]', async () => {
      const first = await new Browser(server).login(shop);
      let tokens = first;
      const step = ABSOLUTE / 8;
      const rotate = async (steps: number): Promise<void> => {
        if (steps === 0) return;
        await secondsLater(step, async () => {
          tokens = await next(tokens);
          await rotate(steps - 1);
        });
      };
      await rotate(7);
      await secondsLater(ABSOLUTE + 5, async () => {
        const answer = await refresh(server, shop, tokens.refresh_token);
        expect(refusalOf(answer)).toBe('400 invalid_grant');
      });
      await secondsLater(ABSOLUTE - 30, async () => {
        await next(tokens);
      });
    });
  });

  describe('29. What ends a family', () => {
    const carol = { issuer: ISSUER, subject: 'carol' };

    /** A family and a code in flight of one browser. */
    const begin = async (client = shop, subject = 'carol') => {
      const browser = new Browser(server, subject);
      const tokens = await browser.login(client);
      expect(await server.probe({ token: tokens.access_token })).toBe(200);
      return { browser, tokens, inFlight: await browser.authorize(client), client };
    };
    const expectAllDead = async ({
      tokens,
      inFlight,
      client,
    }: Awaited<ReturnType<typeof begin>>): Promise<void> => {
      await expectDead(tokens, client);
      expect(refusalOf(await redeem(server, client, inFlight))).toBe('400 invalid_grant');
    };

    it('29. Logout kills the family [C55] [C96]', async () => {
      const family = await begin();
      const page = await family.browser.open('/oauth/logout');
      const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page.text) ?? [];
      await family.browser.open('/oauth/logout/confirm', { xsrf, logout: 'yes' });
      await expectAllDead(family);
    });

    it('29. A changed password kills every family of the user, and their logins [C55] [C68]', async () => {
      const families = [await begin(), await begin(other)];
      const bobs = await begin(shop, 'bob');
      TestUsers.setPassword('carol', 'a new one');
      await server.get(SessionService).endAll(carol, { actor: 'user:carol', reason: 'password' });
      for (const family of families) await expectAllDead(family);
      const silent = { response_type: 'code', client_id: 'shop', prompt: 'none' };
      const [first] = families;
      const url = await first?.browser.visit({
        ...silent,
        redirect_uri: shop.redirectUri,
        code_challenge: 'a'.repeat(43),
        code_challenge_method: 'S256',
        scope: BOTH,
      });
      expect(url?.searchParams.get('error')).toBe('login_required');
      await next(bobs.tokens);
      await next((await begin()).tokens);
    });

    it('29. Withdrawn consent kills the families of that client alone [C55] [C87]', async () => {
      const foreign = await registerClient(server, 'foreign', { isThirdParty: true });
      const [theirs, ours] = [await begin(foreign), await begin()];
      expect(await server.get(ConsentService).withdraw(carol, 'foreign', seeder)).toBe(true);
      await expectAllDead(theirs);
      await next(ours.tokens);
    });

    it('29. A suspended user loses every family, and reinstating revives none', async () => {
      const family = await begin();
      await server.get(UserStatusService).suspend(carol, seeder);
      await expectAllDead(family);
      await server.get(UserStatusService).reinstate(carol, seeder);
      await expectDead(family.tokens);
      await next((await begin()).tokens);
    });

    it('29. A user who is gone gets nothing more', async () => {
      const { tokens } = await begin();
      jest.spyOn(server.get(TestUsers), 'findBySub').mockResolvedValueOnce(null);
      expect(refusalOf(await refresh(server, shop, tokens.refresh_token))).toBe(
        '400 invalid_grant',
      );
    });

    it('29. A user who is gone is signed in nowhere: whoever uses their browser is asked who they are', async () => {
      const { browser } = await begin();
      const gone = jest.spyOn(server.get(TestUsers), 'findBySub').mockResolvedValue(null);
      const ask = (prompt: Record<string, string>) => {
        const request = { ...authorizationRequest(shop, newVerifier()), ...prompt };
        return browser.open(`/oauth/authorize?${form(request).toString()}`);
      };
      const location = (await ask({})).headers.get('location') ?? '';
      expect(readQuestion((await browser.open(location)).text)?.asks).toBe('login');
      const silent = (await ask({ prompt: 'none' })).headers.get('location') ?? '';
      expect(new URL(silent).searchParams.get('error')).toBe('login_required');
      gone.mockRestore();
    });

    it('29. An ended session kills its family, and no other of the same client [C55] [C86]', async () => {
      const [ended, kept] = [await begin(), await begin()];
      const gid = claimsOf(ended.tokens.access_token).gid as string;
      await server.get(SessionService).end(carol, gid, seeder);
      await expectDead(ended.tokens);
      await next(kept.tokens);
    });
  });

  describe('Roles', () => {
    const carol = { issuer: ISSUER, subject: 'carol' };
    const rolesIn = ({ access_token: token }: Tokens) => claimsOf(token).roles;
    const scopeOf = async ({ access_token: token }: Tokens): Promise<unknown> =>
      (await server.call('/probe', { token })).body.scope;
    const asEditor = { user: carol, clientId: 'desk', role: 'editor' };
    let desk: TestClient;
    beforeAll(async () => {
      desk = await registerClient(server, 'desk');
      await server.get(RoleGrantService).grant(asEditor, seeder);
    });

    it('differ by client: the same person, other tokens, other rights [C50] [C107]', async () => {
      const browser = new Browser(server, 'carol');
      const [atDesk, inShop] = [await browser.login(desk), await browser.login(shop)];
      expect(rolesIn(atDesk)).toEqual(['editor', 'viewer']);
      expect(rolesIn(inShop)).toEqual(['viewer']);
      expect(await scopeOf(atDesk)).toEqual(['invoices:read', 'invoices:write']);
      expect(await scopeOf(inShop)).toEqual(['invoices:read']);
    });

    it('that changed make older tokens stale, and a refresh brings the new ones [C107]', async () => {
      const browser = new Browser(server, 'carol');
      const [atDesk, inShop] = [await browser.login(desk), await browser.login(shop)];
      await server.get(RoleGrantService).withdraw(asEditor, seeder);
      expect(await server.probe({ token: atDesk.access_token })).toBe(401);
      expect(await server.probe({ token: inShop.access_token })).toBe(200);
      const after = await next(atDesk, desk);
      expect(rolesIn(after)).toEqual(['viewer']);
      expect(await scopeOf(after)).toEqual(['invoices:read']);
    });
  });

  describe('39. DPoP', () => {
    const withKey = async (
      fields: Record<string, string>,
      key: ProofMaker | null,
      client: TestClient,
    ) => post(server, 'token', client, fields, key === null ? {} : { DPoP: await key.proof() });
    const refreshWith = (token: string, key: ProofMaker | null, client: TestClient) =>
      withKey({ grant_type: 'refresh_token', refresh_token: token }, key, client);
    const bound = async (client: TestClient, key: ProofMaker): Promise<Tokens> => {
      const { code, verifier, redirectUri } = await alice.authorize(client);
      const fields = { grant_type: 'authorization_code', code, code_verifier: verifier };
      const { status, body } = await withKey({ ...fields, redirect_uri: redirectUri }, key, client);
      expect(status).toBe(200);
      return body;
    };

    it('39. A refresh token of a public DPoP client works only with the same key (RFC 9449 §5) [C57]', async () => {
      const app = await registerClient(server, 'app', { type: 'public' });
      const [key, stolen] = [await ProofMaker.create(), await ProofMaker.create()];
      const first = await bound(app, key);
      expect(first.token_type).toBe('DPoP');
      expect(claimsOf(first.access_token).cnf).toEqual({ jkt: key.jkt });
      for (const wrong of [stolen, null]) {
        const answer = await refreshWith(first.refresh_token, wrong, app);
        expect(refusalOf(answer, [first.refresh_token])).toMatch(/^400 invalid_/);
      }
      const { status, body: second } = await refreshWith(first.refresh_token, key, app);
      expect(status).toBe(200);
      expect(claimsOf(second.access_token).cnf).toEqual({ jkt: key.jkt });
      // Nor does the grace give a thief what the owner was told.
      expect((await refreshWith(first.refresh_token, stolen, app)).status).toBe(400);
      expect((await refreshWith(second.refresh_token, key, app)).status).toBe(200);
    });

    it('39. A confidential client may change its key, which its secret vouches for (RFC 9449 §5)', async () => {
      const [key, later] = [await ProofMaker.create(), await ProofMaker.create()];
      const first = await bound(shop, key);
      const { status, body } = await refreshWith(first.refresh_token, later, shop);
      expect(status).toBe(200);
      expect(claimsOf(body.access_token).cnf).toEqual({ jkt: later.jkt });
    });

    it('39. A token that is bound to a key is no bearer token', async () => {
      const { access_token: token } = await bound(shop, await ProofMaker.create());
      expect(await server.probe({ token })).toBe(401);
    });
  });

  it('A family that its client revoked is dead like any other', async () => {
    const tokens = await alice.login(shop);
    await revoke(server, shop, tokens.refresh_token);
    await expectDead(tokens);
  });

  it('A client that may no longer refresh does not', async () => {
    const leaving = await registerClient(server, 'leaving');
    const tokens = await alice.login(leaving);
    const grantTypes = ['authorization_code'];
    await server.get(ClientService).update('leaving', { grantTypes }, seeder);
    expect(refusalOf(await refresh(server, leaving, tokens.refresh_token))).toBe(
      '400 unauthorized_client',
    );
  });
});
