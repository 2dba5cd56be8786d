import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  ApiKeyService,
  ApiKey,
  Public,
  RevocationService,
  type Caller,
  type SallyportOptions,
} from '@sallyport/nest';
import { SallyportAuthGuard, SallyportPassportModule } from '@sallyport/nest/passport';
import { describeOnAdapters, OWN_ISSUER, type Start, type TestApi } from '../support/adapters.js';
import { BY, clientWithKey, issueKey, register } from '../support/cast.js';
import { BoundToken } from '../support/bound-tokens.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { ownToken } from '../support/own-tokens.js';

let handled = 0;

interface PassportRequest {
  readonly user: Caller;
}

/** As in an app that protects its routes by Passport and leaves our pipeline out: open to it. */
@Public()
@Controller()
class PassportController {
  private whoIs({ user }: PassportRequest) {
    handled += 1;
    return { client: user.client.clientId, user: user.user?.subject ?? null };
  }
  @Get('token') @UseGuards(SallyportAuthGuard('access-token')) token(@Req() r: PassportRequest) {
    return this.whoIs(r);
  }
  @Get('key') @UseGuards(SallyportAuthGuard('api-key')) key(@Req() request: PassportRequest) {
    return this.whoIs(request);
  }
  @Get('either')
  @UseGuards(SallyportAuthGuard('access-token', 'api-key'))
  either(@Req() request: PassportRequest) {
    return this.whoIs(request);
  }
}

@Controller('core')
class CoreController {
  @Get() core() {
    return 'core';
  }
  @Get('both') @ApiKey() @UseGuards(SallyportAuthGuard('api-key')) both() {
    return 'both';
  }
  @Get('token') @UseGuards(SallyportAuthGuard('access-token')) token() {
    handled += 1;
    return 'token';
  }
}

@Public()
@Controller('own')
class OwnGuardController {
  @Get() @UseGuards(AuthGuard('sallyport-access-token')) own(@Req() { user }: PassportRequest) {
    return { client: user.client.clientId };
  }
}

const startPassport = (start: Start, options: Partial<SallyportOptions> = {}) =>
  start({
    controllers: [PassportController, CoreController, OwnGuardController],
    imports: [SallyportPassportModule],
    options,
  });

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describeOnAdapters('Passport', (start) => {
  let api: TestApi;
  let key: string;
  const token = (claims: object = {}) =>
    ownToken(api.app, { clientId: 'shop', user: 'alice', ...claims });
  const refused = async (path: string, headers: Parameters<TestApi['get']>[1]) => {
    handled = 0;
    const { status } = await api.get(path, headers);
    expect(handled).toBe(0);
    return status;
  };

  beforeEach(async () => {
    api = await startPassport(start);
    key = await clientWithKey(api.app, 'shop', ['a']);
  });

  it('lets in by an access token, by an API key, and by either', async () => {
    const asAlice = bearer(await token());
    const asShop = { 'X-API-Key': key };
    const alice = { status: 200, body: { client: 'shop', user: 'alice' } };
    const shop = { status: 200, body: { client: 'shop', user: null } };
    expect(await api.get('/token', asAlice)).toMatchObject(alice);
    expect(await api.get('/key', asShop)).toMatchObject(shop);
    expect(await api.get('/either', asAlice)).toMatchObject(alice);
    expect(await api.get('/either', asShop)).toMatchObject(shop);
    expect(await api.get('/either', { ...asAlice, ...asShop })).toMatchObject(alice);
    expect(await api.get('/own', asAlice)).toMatchObject({ status: 200, body: { client: 'shop' } });
  });

  it('refuses without the credential that it names', async () => {
    expect(await refused('/token', {})).toBe(401);
    expect(await refused('/key', {})).toBe(401);
    expect(await refused('/either', {})).toBe(401);
    expect(await refused('/token', { 'X-API-Key': key })).toBe(401);
    expect(await refused('/key', bearer(await token()))).toBe(401);
  });

  it.each(['/token', '/either', '/own'])(
    'counts guesses at %s against their address [C33]',
    async (path) => {
      const throttling = { failures: { limit: 2, windowSeconds: 3600 } };
      const limited = await startPassport(start, { throttling });
      const alice = await ownToken(limited.app, { clientId: 'shop', user: 'alice' });
      const guess = `${alice.slice(0, -8)}AAAAAAAA`;
      for (let n = 0; n < 2; n++) {
        expect((await limited.get(path, bearer(guess))).status).toBe(401);
      }
      expect((await limited.get(path, bearer(alice))).status).toBe(429);
    },
  );

  it('refuses a good token beside a revoked key, and a good key beside a bad token', async () => {
    const { apiKey, plaintext } = await issueKey(api.app, 'shop');
    await api.app.get(ApiKeyService).revoke(apiKey.id, BY);
    const beside = { ...bearer(await token()), 'X-API-Key': plaintext };
    const bad = { ...bearer(`${(await token()).slice(0, -8)}AAAAAAAA`), 'X-API-Key': key };
    for (const path of ['/token', '/key', '/either', '/own', '/core']) {
      expect(await refused(path, beside)).toBe(401);
      expect(await refused(path, bad)).toBe(401);
    }
  });

  it('refuses what the core refuses: revoked, of another audience, of another client, sent twice', async () => {
    const revoked = await token({ jti: 'gone' });
    const target = { kind: 'token', issuer: OWN_ISSUER, jti: 'gone' } as const;
    await api.app.get(RevocationService).revoke(target, BY);
    await register(api.app, 'other', ['a']);
    const ofOther = await token({ clientId: 'other' });
    const elsewhere = await token({ aud: 'https://other.test' });
    const good = await token();
    const twice = [
      ['Authorization', `Bearer ${good}`],
      ['Authorization', `Bearer ${good}`],
    ] as const;
    for (const path of ['/token', '/either', '/core']) {
      expect(await refused(path, bearer(revoked))).toBe(401);
      expect(await refused(path, bearer(elsewhere))).toBe(401);
      expect(await refused(path, { ...bearer(ofOther), 'X-API-Key': key })).toBe(401);
      expect(await refused(path, twice)).toBe(400);
      expect(await refused(`${path}?access_token=x`, bearer(good))).toBe(400);
    }
  });

  it('says in the log why, and in the answer no more than the core does', async () => {
    const good = await token();
    const passport = await api.get('/token', bearer(`${good.slice(0, -8)}AAAAAAAA`));
    const core = await api.get('/core', bearer(`${good.slice(0, -8)}AAAAAAAA`));
    expect(passport.body).toEqual(core.body);
    expect(api.log.filter((line) => line.includes('ERR_TOKEN_INVALID'))).toHaveLength(2);
  });

  describe('with a token that is bound to a DPoP key (RFC 9449)', () => {
    const paths = ['/token', '/either', '/own', '/core/token'];
    let dpopKey: ProofMaker;
    let bound: BoundToken;

    beforeAll(async () => {
      dpopKey = await ProofMaker.create();
    });
    const bind = async () => {
      bound = await BoundToken.create(api.app, dpopKey, { clientId: 'shop', user: 'alice' });
    };
    beforeEach(bind);
    const get = (path: string, proof: string) => api.get(path, bound.headers(proof));

    it('lets it in under the scheme DPoP, with a new proof for each request [W13]', async () => {
      for (const path of paths) {
        for (let n = 0; n < 2; n++) {
          expect((await get(path, await bound.proof(path))).status).toBe(200);
        }
        const proof = await bound.proof(path);
        const lower = { authorization: `dpop ${bound.text}`, dpop: proof };
        expect((await api.get(path, lower)).status).toBe(200);
        expect(await refused(path, lower)).toBe(401);
      }
      const beside = { ...bound.headers(await bound.proof('/key')), 'X-API-Key': key };
      expect((await api.get('/key', beside)).status).toBe(200);
    });

    it('refuses whatever the core refuses: proofs that are wrong, or none, and the token as Bearer', async () => {
      for (const path of paths) {
        const right = await bound.proof(path);
        const authorization = ['Authorization', `DPoP ${bound.text}`] as const;
        for (const proof of [
          await bound.proof(path, { htm: 'POST' }),
          await bound.proof('/elsewhere'),
          await (await ProofMaker.create()).proof({ htm: 'GET' }),
          'proof',
          '',
        ]) {
          expect(await refused(path, bound.headers(proof))).toBe(401);
        }
        expect(await refused(path, [authorization])).toBe(401);
        expect(await refused(path, bearer(bound.text))).toBe(401);
        expect(await refused(path, { ...bearer(bound.text), DPoP: right })).toBe(401);
        const twice = await refused(path, [authorization, ['DPoP', right], ['DPoP', right]]);
        // Passport's own guard makes 401 of whatever its strategy says.
        expect(twice).toBe(path === '/own' ? 401 : 400);
        const unbound = { Authorization: `DPoP ${await token()}`, DPoP: right };
        expect(await refused(path, unbound)).toBe(401);
        expect((await get(path, right)).status).toBe(200);
      }
    });

    it('asks for a nonce where one is demanded, and gives the next with the answer', async () => {
      api = await startPassport(start, { dpop: { requireNonce: true } });
      await register(api.app, 'shop', ['a']);
      await bind();
      for (const path of ['/token', '/either', '/core/token']) {
        const { status, headers } = await get(path, await bound.proof(path));
        const nonce = headers['dpop-nonce'];
        expect([status, nonce]).toEqual([401, expect.any(String)]);
        const answer = await get(path, await bound.proof(path, { nonce }));
        expect([answer.status, answer.headers['dpop-nonce']]).toEqual([200, nonce]);
      }
    });

    it.each(paths)('counts wrong proofs at %s against their address [C33]', async (path) => {
      const throttling = { failures: { limit: 2, windowSeconds: 3600 } };
      api = await startPassport(start, { throttling });
      await register(api.app, 'shop', ['a']);
      await bind();
      for (let n = 0; n < 2; n++) expect((await get(path, 'proof')).status).toBe(401);
      expect((await get(path, await bound.proof(path))).status).toBe(429);
    });
  });

  it('accepts no EdDSA token, though the core does: a subset, never more', async () => {
    api = await startPassport(start, { signingKeys: { algorithm: 'EdDSA' } });
    await register(api.app, 'shop', ['a']);
    const eddsa = bearer(await token());
    expect((await api.get('/core', eddsa)).status).toBe(200);
    expect(await refused('/token', eddsa)).toBe(401);
  });

  it.each(['RS256', 'PS256'] as const)('accepts %s', async (algorithm) => {
    api = await startPassport(start, { signingKeys: { algorithm } });
    await register(api.app, 'shop', ['a']);
    expect((await api.get('/token', bearer(await token()))).status).toBe(200);
  });

  it('asks the core of its own app, where two apps run in one process', async () => {
    const second = await startPassport(start, {
      issuer: 'https://second.test/oauth',
      audience: 'https://second.test',
    });
    await register(second.app, 'shop', ['a']);
    const ours = bearer(await token());
    expect((await api.get('/token', ours)).status).toBe(200);
    expect((await second.get('/token', ours)).status).toBe(401);
    expect((await second.get('/key', { 'X-API-Key': key })).status).toBe(401);
    expect((await api.get('/key', { 'X-API-Key': key })).status).toBe(200);
  });

  it('counts a request once that the pipeline has let in already [T10]', async () => {
    const answer = await api.get('/core/both', { 'X-API-Key': key });
    expect(answer).toMatchObject({ status: 200, text: 'both' });
    expect(answer.headers.ratelimit).toBe('"client";r=599;t=1');
  });
});
