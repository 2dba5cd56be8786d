import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CanActivate, INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  createRevocation,
  createSharedStores,
  createUserStatus,
  ISSUER,
} from '../../../../../test/support/lives.js';
import { SecurityEvents } from '../../audit/security-events.js';
import type { Client } from '../../clients/client.js';
import { ACCESS_TOKEN_OPTIONS } from '../../credentials/bearer/access-token.options.js';
import { SallyportError } from '../../errors.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { RevocationService } from '../../revocation/revocation.service.js';
import { Sealer } from '../../sealing/sealer.js';
import { MemoryRateLimitStore } from '../../stores/memory/memory-rate-limit.store.js';
import { RateLimiter } from '../../throttling/rate-limiter.js';
import { UserStatusService } from '../../users/user-status.service.js';
import { AuthorizationPages } from '../pages/authorization-pages.js';
import { PageWriter } from '../pages/page-writer.js';
import { StylesheetController } from '../pages/stylesheet.controller.js';
import { Stylesheet } from '../pages/stylesheet.js';
import { resolveTheme, THEME } from '../pages/theme.js';
import { UserDirectory, type AuthenticatedUser, type PasswordLogin } from '../user-directory.js';
import { CsrfTokens } from './csrf-tokens.js';
import { InteractionController } from './interaction.controller.js';
import { InteractionPages } from './interaction-pages.js';
import { InteractionRequests } from './interaction-requests.js';
import { Clock } from '../../clock.js';
import { Randomness } from '../../randomness.js';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { MemoryEphemeralRecordStore } from '../../stores/memory/memory-ephemeral-record.store.js';
import { Interactions, type CompletedLogin, type Interaction } from './interaction.js';
import { resolveScopeDescriptions, SCOPE_DESCRIPTIONS } from './scope-descriptions.js';
import { resolveSignInOptions, SIGN_IN_OPTIONS } from './sign-in.options.js';
import { SignInPace } from './sign-in-pace.js';
import { SignIn } from './sign-in.js';

const PASSWORD = 'pass & wörd+1';
const ORIGIN = new URL(ISSUER).origin;
const CALLBACK = 'https://app.example.com/callback';

const question: Interaction = {
  uid: 'u1',
  prompt: 'login',
  client: { clientId: 'mobile-app', name: '<Mobile>', isThirdParty: true } as Client,
  redirectUri: CALLBACK,
  loginHint: null,
  subject: null,
  scope: ['openid', 'invoices:read'],
  resources: [],
};

/** Stands for the engine: asks one question of the browser whose cookie is `browser=1`. */
class OneInteraction extends Interactions {
  current: Interaction = question;
  failure: Error | null = null;
  readonly answers: unknown[] = [];

  async find(request: IncomingMessage, response: ServerResponse): Promise<Interaction | null> {
    if (this.failure !== null) throw this.failure;
    response.setHeader('Set-Cookie', 'engine=1');
    return request.headers.cookie === 'browser=1' ? this.current : null;
  }

  async signIn(_: IncomingMessage, __: ServerResponse, login: CompletedLogin): Promise<string> {
    return this.answered({ login });
  }

  async allow(_: IncomingMessage, __: ServerResponse, interaction: Interaction): Promise<string> {
    return this.answered({ allowed: interaction.scope });
  }

  async refuse(): Promise<string> {
    return this.answered('refused');
  }

  private answered(answer: unknown): string {
    this.answers.push(answer);
    return `${ISSUER}/authorize/u1`;
  }
}

class OneUserDirectory extends UserDirectory {
  async subjectOf(username: string): Promise<string | null> {
    return username === 'alice' ? 'sub-alice' : null;
  }

  async authenticate({ username, password }: PasswordLogin): Promise<AuthenticatedUser | null> {
    const isAlice = username === 'alice' && password === PASSWORD;
    return isAlice ? { subject: 'sub-alice', amr: ['pwd'] } : null;
  }

  async findBySub(subject: string): Promise<{ subject: string }> {
    return { subject };
  }

  async claims(subject: string, scope: ReadonlySet<string>): Promise<Record<string, unknown>> {
    return subject === 'sub-alice' && scope.has('profile') ? { preferred_username: 'alice' } : {};
  }
}

/** As a host's middleware may: ours must replace it. */
const hostHeaders = (_: unknown, response: ServerResponse, next: () => void): void => {
  response.setHeader('Content-Security-Policy', "default-src *; script-src 'unsafe-inline'");
  response.setHeader('X-Frame-Options', 'SAMEORIGIN');
  next();
};

describe.each([
  ['Express', () => new ExpressAdapter()],
  [
    'Fastify',
    () => {
      const adapter = new FastifyAdapter();
      // No parser may read the forms: this one leaves the stream alone.
      adapter.getInstance().addContentTypeParser('*', (_request, _payload, done) => {
        done(null, undefined);
      });
      return adapter;
    },
  ],
])('InteractionController on %s', (_, createAdapter) => {
  let app: INestApplication;
  let interactions: OneInteraction;
  let base: string;
  let refusal: Error | null;
  let csrf: CsrfTokens;

  beforeEach(async () => {
    refusal = null;
    interactions = new OneInteraction();
    const stores = createSharedStores();
    const sealer = new Sealer([{ kid: 'test', key: randomBytes(32) }], stores.randomness);
    const limiter = new RateLimiter(new MemoryRateLimitStore(stores.clock), stores.clock);
    const module = await Test.createTestingModule({
      controllers: [InteractionController, StylesheetController],
      providers: [
        AuthorizationPages,
        CsrfTokens,
        InteractionPages,
        InteractionRequests,
        PageWriter,
        SecurityEvents,
        SignIn,
        SignInPace,
        {
          provide: EphemeralRecordStore,
          useValue: new MemoryEphemeralRecordStore(stores.clock),
        },
        { provide: Clock, useValue: stores.clock },
        { provide: Randomness, useValue: stores.randomness },
        Stylesheet,
        { provide: Interactions, useValue: interactions },
        { provide: UserDirectory, useClass: OneUserDirectory },
        { provide: Sealer, useValue: sealer },
        { provide: RateLimiter, useValue: limiter },
        { provide: RevocationService, useValue: createRevocation(stores).service },
        { provide: UserStatusService, useValue: createUserStatus(stores) },
        { provide: RequestOrigin, useValue: { addressOf: () => '192.0.2.1' } },
        { provide: ACCESS_TOKEN_OPTIONS, useValue: { issuer: ISSUER } },
        { provide: THEME, useValue: resolveTheme({ name: 'Invoices' }, []) },
        { provide: SIGN_IN_OPTIONS, useValue: resolveSignInOptions({ attempts: 2 }, []) },
        {
          provide: SCOPE_DESCRIPTIONS,
          useValue: resolveScopeDescriptions({ 'invoices:read': 'Read your invoices' }, []),
        },
      ],
    }).compile();
    app = module.createNestApplication(createAdapter(), { bodyParser: false, logger: false });
    app.use(hostHeaders);
    const guard: CanActivate = {
      canActivate: () => {
        if (refusal !== null) throw refusal;
        return true;
      },
    };
    app.useGlobalGuards(guard);
    await app.listen(0, '127.0.0.1');
    base = `${await app.getUrl()}/oauth/interaction`;
    csrf = app.get(CsrfTokens);
  });

  afterEach(() => app.close());

  const cookie = 'browser=1';
  const show = (uid = 'u1', headers: Record<string, string> = { cookie }): Promise<Response> =>
    fetch(`${base}/${uid}`, { headers });

  const post = (
    path: string,
    body: string | Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> => {
    const form = typeof body === 'string' ? body : new URLSearchParams(body).toString();
    const type = 'application/x-www-form-urlencoded';
    return fetch(`${base}/${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, 'content-type': type, origin: ORIGIN, ...headers },
      body: form,
    });
  };

  const token = (uid = 'u1'): string => csrf.issue(uid);
  const login = (some: Record<string, string> = {}): Record<string, string> => ({
    csrf: token(),
    username: 'alice',
    password: PASSWORD,
    ...some,
  });

  /** The page of an error, after which nothing was answered. */
  const expectPage = async (response: Response, status: number, code: string): Promise<string> => {
    const text = await response.text();
    expect({ status: response.status, code: /Code: <code>([^<]*)/.exec(text)?.[1] }).toEqual({
      status,
      code,
    });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(interactions.answers).toEqual([]);
    return text;
  };

  it("shows the login page with headers of our own, whatever the host's middleware set", async () => {
    const response = await show();
    expect(response.status).toBe(200);
    const { headers } = response;
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; form-action 'self' https://app.example.com; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('set-cookie')).toBe('engine=1');
    const text = await response.text();
    expect(text).toContain('action="/oauth/interaction/u1/login"');
    expect(text).toContain(`name="csrf" value="${token()}"`);
    expect(text).toContain('&lt;Mobile&gt;');
  });

  it('fills in the login hint', async () => {
    interactions.current = { ...question, loginHint: '"><b>alice' };
    expect(await (await show()).text()).toContain('value="&quot;&gt;&lt;b&gt;alice"');
  });

  it('signs in with the right password, and goes on by 303', async () => {
    const response = await post('u1/login', login());
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`${ISSUER}/authorize/u1`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(interactions.answers).toEqual([
      { login: { subject: 'sub-alice', userEpoch: 0, amr: ['pwd'] } },
    ]);
  });

  it('shows one message for a wrong password and an unknown name, and no password', async () => {
    for (const some of [{ password: 'secret-guess' }, { username: 'mallory' }]) {
      const response = await post('u1/login', login(some));
      const text = await response.text();
      expect(response.status).toBe(400);
      expect(text).toContain('User name or password is wrong.');
      expect(text).toContain(`value="${some.username ?? 'alice'}"`);
      expect(text).not.toContain('secret-guess');
    }
    expect(interactions.answers).toEqual([]);
  });

  it('delays with 429 and says for how long, the right password too', async () => {
    for (let n = 0; n < 2; n++) await post('u1/login', login({ password: 'wrong' }));
    const response = await post('u1/login', login());
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(await response.text()).toMatch(/Too many attempts\. Try again in \d+ minutes\./);
    expect(interactions.answers).toEqual([]);
  });

  it('refuses for the user who cancels', async () => {
    const response = await post('u1/cancel', { csrf: token() });
    expect(response.headers.get('location')).toBe(`${ISSUER}/authorize/u1`);
    expect(interactions.answers).toEqual(['refused']);
  });

  describe('asking for consent', () => {
    beforeEach(() => {
      interactions.current = { ...question, prompt: 'consent', subject: 'sub-alice' };
    });

    it('names the user, and says what the scope means', async () => {
      const text = await (await show()).text();
      expect(text).toContain('signed in as <bdi>alice</bdi>');
      expect(text).toContain('Know who you are');
      expect(text).toContain('Read your invoices');
      expect(text).toContain('is not from Invoices');
    });

    it.each([
      ['allow', { allowed: question.scope }],
      ['deny', 'refused'],
    ])('carries out: %s', async (decision, answer) => {
      const response = await post('u1/consent', { csrf: token(), decision });
      expect(response.status).toBe(303);
      expect(interactions.answers).toEqual([answer]);
    });

    it.each([{}, { decision: '' }, { decision: 'Allow' }])('refuses %j', async (some) => {
      await expectPage(await post('u1/consent', { csrf: token(), ...some }), 400, 'form-malformed');
    });

    it('takes no password and no cancelled login for an answer', async () => {
      await expectPage(await post('u1/login', login()), 400, 'interaction-expired');
      const cancelled = await post('u1/cancel', { csrf: token() });
      await expectPage(cancelled, 400, 'interaction-expired');
    });
  });

  it('takes no consent before the login', async () => {
    const response = await post('u1/consent', { csrf: token(), decision: 'allow' });
    await expectPage(response, 400, 'interaction-expired');
  });

  it.each(['u1/login', 'u1/consent', 'u1/cancel'])(
    'refuses a form for %s without the token of this interaction',
    async (path) => {
      for (const some of ['', 'csrf=', 'csrf=wrong', `csrf=${token('u2')}`]) {
        await expectPage(await post(path, some), 403, 'form-foreign');
      }
    },
  );

  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('refuses a form that comes with %j', async (headers) => {
    await expectPage(await post('u1/login', login(), headers), 403, 'form-foreign');
  });

  it('takes the form of a browser that keeps our origin to itself, as the pages tell it to', async () => {
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await post('u1/login', login(), headers)).status).toBe(303);
  });

  it.each([
    ['a doubled field', 400, 'form-malformed', (form: string) => `${form}&username=bob`],
    ['an unknown field', 400, 'form-malformed', (form: string) => `${form}&decision=allow`],
    ['an oversized form', 413, 'form-too-large', (form: string) => form + 'x'.repeat(8_192)],
  ])('refuses %s', async (__, status, code, change) => {
    const form = change(new URLSearchParams(login()).toString());
    await expectPage(await post('u1/login', form), status, code);
  });

  it('refuses any other content type', async () => {
    const response = await post('u1/login', JSON.stringify(login()), {
      'content-type': 'application/json',
    });
    await expectPage(response, 415, 'form-unsupported');
  });

  it('says to start again in a browser without the cookie, or with that of another interaction', async () => {
    await expectPage(await show('u1', {}), 400, 'interaction-expired');
    await expectPage(await show('u2'), 400, 'interaction-expired');
    await expectPage(
      await post('u1/login', login(), { cookie: 'x=1' }),
      400,
      'interaction-expired',
    );
    const foreign = await post('u2/login', login({ csrf: token('u2') }));
    expect(await expectPage(foreign, 400, 'interaction-expired')).toContain('start again');
  });

  it('shows a page with 503 while a store is away, and tells nothing of it', async () => {
    const reason = 'redis.internal:6379 is out of reach';
    interactions.failure = new SallyportError('ERR_STORE_UNAVAILABLE', { reason });
    for (const response of [await show(), await post('u1/login', login())]) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await expectPage(response, 503, 'unavailable')).not.toContain('redis');
    }
  });

  it('shows a page where a guard refuses or something breaks', async () => {
    refusal = new SallyportError('ERR_RATE_LIMITED', { retryAfterSeconds: 40 });
    const limited = await show();
    expect(limited.headers.get('retry-after')).toBe('40');
    expect(await expectPage(limited, 429, 'rate-limited')).toContain('Try again in 40 seconds.');
    refusal = new Error('secret detail');
    expect(await expectPage(await show(), 500, 'server-error')).not.toContain('secret detail');
  });

  it('gives the stylesheet that its pages name, for ever under that version', async () => {
    const text = await (await show()).text();
    const url = /<link rel="stylesheet" href="([^"]+)"/.exec(text)?.[1] ?? '';
    const current = await fetch(new URL(url, base));
    expect(current.status).toBe(200);
    expect(current.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(current.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await current.text()).toContain('--accent:#2f5d50');
    const other = await fetch(new URL(url.replace(/v=.*/, 'v=old'), base));
    expect(other.headers.get('cache-control')).toBe('no-cache');
  });
});
