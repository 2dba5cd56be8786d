import { jest } from '@jest/globals';
import { Controller, Delete, Get, Param, UseGuards } from '@nestjs/common';
import {
  ApiKey,
  AuthenticationGuard,
  Clock,
  ReplayStore,
  SallyportError,
  Scopes,
  SenderConstrained,
  TokenVerifier,
} from '@sallyport/nest';
import { FrozenClock } from '@sallyport/nest/testing';
import { SignJWT } from 'jose';
import { describeOnAdapters, type AppSettings, type TestApi } from '../support/adapters.js';
import { BoundToken, hashOf } from '../support/bound-tokens.js';
import { clientWithKey, issueKey, register } from '../support/cast.js';
import { ProofMaker } from '../support/dpop-proof.js';
import { ownToken } from '../support/own-tokens.js';

let handled: number;

@Controller()
class ThingsController {
  @Get('things/:id') @Scopes('a:read') thing(@Param('id') id: string) {
    handled += 1;
    return { id };
  }
  @Delete('things/:id') @Scopes('a:read') remove() {
    handled += 1;
    return 'removed';
  }
  @Get('twice') @UseGuards(AuthenticationGuard) twice() {
    handled += 1;
    return 'twice';
  }
  @Get('both') @ApiKey() @SenderConstrained() both() {
    handled += 1;
    return 'both';
  }
  @Get('scoped') @Scopes('a:write') scoped() {
    handled += 1;
    return 'scoped';
  }
  @Get('precious') @SenderConstrained() precious() {
    handled += 1;
    return 'precious';
  }
}

const PATH = '/things/1';
const CHALLENGE = 'DPoP realm="https://api.test", error="invalid_dpop_proof", algs="';

describeOnAdapters('RFC 9449, DPoP at the API', (start) => {
  let api: TestApi;
  let clock: FrozenClock;
  let key: ProofMaker;
  let token: BoundToken;

  const open = async (options: AppSettings['options'] = {}) => {
    api = await start({
      controllers: [ThingsController],
      options,
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    await register(api.app, 'phone', ['a:read']);
    token = await BoundToken.create(api.app, key, {
      clientId: 'phone',
      user: 'alice',
      scope: 'a:read',
    });
  };
  beforeAll(async () => {
    key = await ProofMaker.create();
  });
  beforeEach(async () => {
    handled = 0;
    clock = new FrozenClock(new Date());
    await open();
  });

  const get = (proof: string, path = PATH) => api.get(path, token.headers(proof));
  const expectRefused = async (proof: string | Promise<string>): Promise<void> => {
    const { status, headers, body } = await get(await proof);
    expect(status).toBe(401);
    expect(headers['www-authenticate']?.startsWith(CHALLENGE)).toBe(true);
    expect(body).toMatchObject({ type: 'urn:sallyport:problem:invalid-dpop-proof' });
    expect(handled).toBe(0);
  };

  it('§7.1 lets a bound token in with a right proof, and each time with a new one [C103] [W13]', async () => {
    expect((await get(await token.proof(PATH))).status).toBe(200);
    expect((await get(await token.proof(PATH))).body).toEqual({ id: '1' });
    const lower = { authorization: `dpop ${token.text}`, dpop: await token.proof(PATH) };
    expect((await api.get(PATH, lower)).status).toBe(200);
    const proof = await token.proof(PATH, { htm: 'DELETE' });
    expect((await api.send('DELETE', PATH, token.headers(proof))).status).toBe(200);
    expect(handled).toBe(4);
  });

  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'])(
    '§4.3 (6) takes proofs by %s',
    async (algorithm) => {
      const other = await ProofMaker.create(algorithm);
      token = await BoundToken.create(api.app, other, { clientId: 'phone', scope: 'a:read' });
      for (let n = 0; n < 2; n += 1) expect((await get(await token.proof(PATH))).status).toBe(200);
    },
  );

  it('§4.3 (6) takes Ed25519 under its newer name (RFC 9864 §2.2)', async () => {
    const other = await ProofMaker.create('Ed25519');
    token = await BoundToken.create(api.app, other, { clientId: 'phone', scope: 'a:read' });
    expect((await get(await token.proof(PATH))).status).toBe(200);
  });

  it('§4.3 (6) takes no algorithm that is switched off, and names those that are on', async () => {
    await open({ dpop: { algorithms: ['EdDSA'] } });
    const { status, headers } = await get(await token.proof(PATH));
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(`${CHALLENGE}EdDSA Ed25519"`);
    expect(handled).toBe(0);
  });

  it.each([
    ['another method', { htm: 'POST' }],
    ['the method in other letters', { htm: 'get' }],
    ['no method', { htm: undefined }],
    ['another host', { htu: `https://evil.test${PATH}` }],
    ['another port', { htu: `https://api.test:8443${PATH}` }],
    ['another scheme', { htu: `http://api.test${PATH}` }],
    ['another path', { htu: 'https://api.test/things/2' }],
    ['the path in other letters', { htu: 'https://api.test/Things/1' }],
    ['a longer path', { htu: `https://api.test${PATH}/` }],
    ['a user in the URL', { htu: `https://a:b@api.test${PATH}` }],
    ['no URL', { htu: PATH }],
    ['no htu', { htu: undefined }],
    ['no jti', { jti: undefined }],
    ['an empty jti', { jti: '' }],
    ['a jti that is no text', { jti: 7 }],
    ['a jti beyond all measure', { jti: 'x'.repeat(257) }],
    ['no iat', { iat: undefined }],
    ['an iat that is no number', { iat: 'now' }],
    ['no ath', { ath: undefined }],
    ['the ath of another token', { ath: hashOf('another token') }],
    ['an ath that is no text', { ath: 1 }],
    ['a nonce that is no text', { nonce: {} }],
  ])('§4.3 refuses a proof with %s', async (_what, claims) => {
    await expectRefused(token.proof(PATH, claims));
  });

  it.each([
    ['of another type', { typ: 'JWT' }],
    ["of an access token's type", { typ: 'at+jwt' }],
    ['without a type', { typ: undefined }],
    ['without a key', { jwk: undefined }],
    ['with a key that is no object', { jwk: 'key' }],
    ['with a key of no kind', { jwk: { kty: 'oct', k: 'c2VjcmV0' } }],
    ['with the place of a key', { jku: 'https://evil.test/jwks' }],
    ['with extensions', { crit: ['b64'], b64: true }],
  ])('§4.3 refuses a proof %s', async (_what, header) => {
    await expectRefused(token.proof(PATH, {}, header));
  });

  it('§4.3 refuses a proof that is signed by nothing, by a MAC, by another key or twice over', async () => {
    const right = await token.proof(PATH);
    const { publicJwk } = await ProofMaker.create();
    await expectRefused(key.unsignedProof());
    await expectRefused(key.proofByMac());
    await expectRefused(token.proof(PATH, {}, { jwk: publicJwk }));
    await expectRefused(right.slice(0, right.lastIndexOf('.') + 1));
    await expectRefused(`${right}.${right}`);
    await expectRefused(`${right}, ${right}`);
    await expectRefused('proof');
    await expectRefused('x'.repeat(8193));
  });

  it('§4.3 (7) refuses a proof with the private key in it, also of a key that it knows', async () => {
    expect((await get(await token.proof(PATH))).status).toBe(200);
    handled = 0;
    const proof = await token.proof(PATH, {}, { jwk: key.privateJwk });
    await expectRefused(proof);
    expect(api.log.join()).not.toContain(key.privateJwk.d);
  });

  it('§4.3 (1) refuses two proofs as unreadable, and none or an empty one as no proof', async () => {
    const proof = await token.proof(PATH);
    const authorization = ['Authorization', `DPoP ${token.text}`] as const;
    const twice = await api.get(PATH, [authorization, ['DPoP', proof], ['DPoP', proof]]);
    expect(twice.status).toBe(400);
    for (const lines of [[authorization], [authorization, ['DPoP', ''] as const]]) {
      const { status, headers } = await api.get(PATH, lines);
      expect([status, headers['www-authenticate']]).toEqual([
        401,
        `${CHALLENGE}ES256 RS256 PS256 EdDSA Ed25519"`,
      ]);
    }
    expect(handled).toBe(0);
  });

  it('§4.3 (9) compares the URI in its normal spelling, without query and fragment', async () => {
    const spellings = [
      'https://api.test/things/%7E?a=b',
      'HTTPS://API.test:443/things/~#c',
      'https://api.test/things/%7e',
      'https://api.test/other/../things/~',
    ];
    for (const htu of spellings) {
      expect((await get(await token.proof('', { htu }), '/things/~?x=y')).status).toBe(200);
    }
    const slash = { htu: 'https://api.test/things/a%2fb' };
    expect((await get(await token.proof('', slash), '/things/a%2Fb')).status).toBe(200);
    handled = 0;
    const plain = { htu: 'https://api.test/things/a/b' };
    expect((await get(await token.proof('', plain), '/things/a%2Fb')).status).toBe(401);
    expect(handled).toBe(0);
  });

  it('§4.3 (9) takes no path of which two readers could make two', async () => {
    for (const path of ['/things/%2e%2e', '/things/.', '/things\\1', '//api.test/things/1']) {
      const proof = await token.proof('', { htu: `https://api.test${path}` });
      const { status } = await api.get(path, token.headers(proof));
      expect([path, status]).not.toEqual([path, 200]);
    }
    expect(handled).toBe(0);
  });

  it('§4.3 (9) knows the API by its own origin, whatever Host, Forwarded or the request line say [T9]', async () => {
    const proof = () => token.proof('', { htu: `https://evil.test${PATH}` });
    const lies = [
      ['Host', 'evil.test'],
      ['X-Forwarded-Host', 'evil.test'],
      ['Forwarded', 'host=evil.test;proto=https'],
    ] as const;
    for (const lie of lies) {
      const headers = { ...token.headers(await proof()), [lie[0]]: lie[1] };
      expect((await api.get(PATH, Object.entries(headers))).status).toBeGreaterThanOrEqual(400);
    }
    const absolute = await api.get(`http://evil.test${PATH}`, token.headers(await proof()));
    expect(absolute.status).toBeGreaterThanOrEqual(400);
    expect(handled).toBe(0);
    await open({ publicOrigin: 'https://elsewhere.test' });
    const there = await token.proof('', { htu: `https://elsewhere.test${PATH}` });
    expect((await get(there)).status).toBe(200);
  });

  it('§11.1 takes a proof for a minute and the skew of clocks, and none from the future', async () => {
    const iat = Math.floor(clock.now().getTime() / 1000);
    for (const far of [-3600, -92, 32, 3600]) {
      await expectRefused(token.proof(PATH, { iat: iat + far }));
    }
    for (const near of [-89, 29]) {
      expect((await get(await token.proof(PATH, { iat: iat + near }))).status).toBe(200);
    }
  });

  describe('beside a limit of failures by address', () => {
    const failures = { limit: 3, windowSeconds: 3600 };
    beforeEach(() => open({ throttling: { failures } }));
    const expectUsedUp = async (isUsedUp: boolean) => {
      const { status } = await get(await token.proof(PATH));
      expect(status).toBe(isUsedUp ? 429 : 200);
    };

    it('§11.7 counts wrong proofs, wherever they go wrong, as failed authentication [C33]', async () => {
      const stranger = await ProofMaker.create();
      for (const proof of [
        stranger.proof({ htm: 'GET', htu: `https://api.test${PATH}`, ath: hashOf(token.text) }),
        token.proof(PATH, { htm: 'POST' }),
        'proof',
      ]) {
        await expectUsedUp(false);
        handled = 0;
        await expectRefused(proof);
      }
      await expectUsedUp(true);
    });

    it('§7.2 counts proofs that are missing, and bound tokens that come as Bearer [C33]', async () => {
      const asBearer = { Authorization: `Bearer ${token.text}` };
      const unproven = { Authorization: `DPoP ${token.text}` };
      for (const headers of [asBearer, unproven, { ...asBearer, DPoP: '' }]) {
        await expectUsedUp(false);
        expect((await api.get(PATH, headers)).status).toBe(401);
      }
      await expectUsedUp(true);
    });

    it('§8 §11.1 takes nobody for a guesser whose clock is wrong, who repeats himself, or who needs a nonce', async () => {
      const iat = Math.floor(clock.now().getTime() / 1000);
      const old = await token.proof(PATH, { iat: iat - 600 });
      const used = await token.proof(PATH);
      expect((await get(used)).status).toBe(200);
      for (let n = 0; n < 3; n += 1) {
        for (const proof of [old, used]) expect((await get(proof)).status).toBe(401);
      }
      await expectUsedUp(false);
      await open({ throttling: { failures }, dpop: { requireNonce: true } });
      for (let n = 0; n < 5; n += 1) expect((await get(await token.proof(PATH))).status).toBe(401);
    });
  });

  it('§11.1 takes a proof once, for as long as it would be taken at all', async () => {
    const iat = Math.floor(clock.now().getTime() / 1000);
    const proof = await token.proof(PATH);
    const ahead = await token.proof(PATH, { iat: iat + 29 });
    for (const first of [proof, ahead]) expect((await get(first)).status).toBe(200);
    handled = 0;
    for (const again of [proof, ahead]) await expectRefused(again);
    clock.advance(89);
    for (const again of [proof, ahead]) await expectRefused(again);
    clock.advance(28);
    await expectRefused(ahead);
    expect(api.log.some((line) => line.includes('ERR_DPOP_PROOF_REPLAYED'))).toBe(true);
  });

  it('§11.1 spends nothing for a proof that it refuses, and lets one of 20 at once in', async () => {
    const jti = 'the same';
    await expectRefused(token.proof(PATH, { jti, htm: 'POST' }));
    const proof = await token.proof(PATH, { jti });
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(proof)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(handled).toBe(1);
  });

  it('§7.2 refuses a bound token that is sent as Bearer, with or without a right proof', async () => {
    const bearer = { Authorization: `Bearer ${token.text}` };
    for (const headers of [bearer, { ...bearer, DPoP: await token.proof(PATH) }]) {
      const answer = await api.get(PATH, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('DPoP realm="https://api.test"');
    }
    expect(handled).toBe(0);
  });

  it('§7.2 tells what is wrong with a token under the scheme that it was sent by', async () => {
    const [bearer, dpop, apiKey] = [
      'Bearer realm="https://api.test"',
      'DPoP realm="https://api.test"',
      'ApiKey realm="https://api.test"',
    ];
    const algs = 'algs="ES256 RS256 PS256 EdDSA Ed25519"';
    const error = 'error="invalid_token"';
    const challengeOf = async (headers: Readonly<Record<string, string>>, path = PATH) =>
      (await api.get(path, headers)).headers['www-authenticate'];
    const bound = { Authorization: `Bearer ${token.text}` };
    const bad = { Authorization: 'Bearer t.o.k' };
    for (const headers of [bound, bad]) {
      expect(await challengeOf(headers)).toBe(`${bearer}, ${error}, ${dpop}, ${algs}, ${apiKey}`);
    }
    const badBound = { Authorization: 'DPoP t.o.k', DPoP: await token.proof(PATH) };
    expect(await challengeOf(badBound)).toBe(`${bearer}, ${dpop}, ${error}, ${algs}, ${apiKey}`);
    const proven = token.headers(await token.proof('/scoped'));
    expect(await challengeOf(proven, '/scoped')).toBe(
      `${dpop}, error="insufficient_scope", scope="a:write", ${algs}`,
    );
  });

  it('§7.2 names no Bearer where a proof is wrong: the token is bound, and would be refused as such', async () => {
    const { headers } = await get(await token.proof(PATH, { htm: 'POST' }));
    expect(headers['www-authenticate']).toBe(`${CHALLENGE}ES256 RS256 PS256 EdDSA Ed25519"`);
  });

  describe('§7.1 takes a proof beside a token under the scheme DPoP alone:', () => {
    let credentials: readonly (readonly [name: string, value: string])[];

    beforeEach(async () => {
      const bearer = await ownToken(api.app, { clientId: 'phone', scope: 'a:read' });
      const apiKey = (await issueKey(api.app, 'phone')).plaintext;
      credentials = [
        ['Authorization', `Bearer ${bearer}`],
        ['Authorization', `bearer ${bearer}`],
        ['Authorization', `ApiKey ${apiKey}`],
        ['X-API-Key', apiKey],
      ];
    });

    it('none beside any other credential, though that would be let in without', async () => {
      for (const credential of credentials) {
        expect((await api.get(PATH, [credential])).status).toBe(200);
        handled = 0;
        for (const proof of [await token.proof(PATH), 'proof', '']) {
          const { status, headers } = await api.get(PATH, [credential, ['DPoP', proof]]);
          expect([proof, status]).toEqual([proof, 401]);
          expect(headers['www-authenticate']?.startsWith(CHALLENGE)).toBe(true);
        }
        expect(handled).toBe(0);
      }
    });

    it('not even several of them', async () => {
      for (const credential of credentials) {
        for (const proofs of [
          ['', ''],
          ['a.b.c', 'a.b.c'],
          ['a.b.c', ''],
        ]) {
          const lines = proofs.map((proof) => ['DPoP', proof] as const);
          expect((await api.get(PATH, [credential, ...lines])).status).toBe(400);
        }
      }
      expect(handled).toBe(0);
    });

    it('and spends none that it refuses', async () => {
      const [bearer] = credentials;
      const proof = await token.proof(PATH);
      if (bearer !== undefined) await api.get(PATH, [bearer, ['DPoP', proof]]);
      expect((await get(proof)).status).toBe(200);
    });
  });

  it('§7.2 refuses a bound token where there is no request to prove it by', async () => {
    const verifying = api.app.get(TokenVerifier).verify(token.text);
    await expect(verifying).rejects.toMatchObject({ code: 'ERR_TOKEN_BOUND' });
  });

  it('§11.1 spends a proof once where two guards ask who is calling', async () => {
    const answer = await get(await token.proof('/twice'), '/twice');
    expect([answer.status, handled]).toEqual([200, 1]);
  });

  it('§11.1 lets nobody in while what was used before cannot be known: 503', async () => {
    const away = jest.spyOn(api.app.get(ReplayStore), 'claim');
    away.mockRejectedValue(new SallyportError('ERR_STORE_UNAVAILABLE', { retryAfterSeconds: 1 }));
    const { status, headers } = await get(await token.proof(PATH));
    expect([status, headers['retry-after'], handled]).toEqual([503, '1', 0]);
    away.mockRestore();
    expect((await get(await token.proof(PATH))).status).toBe(200);
  });

  it('§7.1 refuses a bearer token under the scheme DPoP, and one that is bound to another key', async () => {
    const other = await ProofMaker.create();
    for (const cnf of [undefined, { jkt: other.jkt }]) {
      token = await BoundToken.create(api.app, key, { clientId: 'phone', scope: 'a:read', cnf });
      expect((await get(await token.proof(PATH))).status).toBe(401);
    }
    expect(handled).toBe(0);
  });

  it.each([
    ['nothing', {}],
    ['what is no thumbprint', { jkt: 'x' }],
    ['a key in full', { jwk: { kty: 'EC' } }],
    ['something that is no text', { jkt: 7 }],
    ['no object', 'key'],
  ])('§6 refuses a token that is bound to %s (RFC 7800 §3.1)', async (_what, cnf) => {
    token = await BoundToken.create(api.app, key, { clientId: 'phone', scope: 'a:read', cnf });
    expect((await get(await token.proof(PATH))).status).toBe(401);
    expect((await api.get(PATH, { Authorization: `Bearer ${token.text}` })).status).toBe(401);
    expect(handled).toBe(0);
  });

  it('§7.1 names DPoP and its algorithms beside Bearer where nothing was sent', async () => {
    const { status, headers } = await api.get(PATH);
    expect([status, headers['www-authenticate']]).toEqual([
      401,
      'Bearer realm="https://api.test", DPoP realm="https://api.test", algs="ES256 RS256 PS256 EdDSA Ed25519", ApiKey realm="https://api.test"',
    ]);
  });

  it('§7.1 lets nobody in by a bearer token or an API key where a route is @SenderConstrained() [C103]', async () => {
    const bearer = await ownToken(api.app, { clientId: 'phone', scope: 'a:read' });
    const apiKey = await clientWithKey(api.app, 'shop', ['a:read']);
    for (const headers of [{ Authorization: `Bearer ${bearer}` }, { 'X-API-Key': apiKey }]) {
      const answer = await api.get('/precious', headers);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^DPoP .*error="invalid_token"/);
    }
    expect(handled).toBe(0);
    expect((await get(await token.proof('/precious'), '/precious')).status).toBe(200);
  });

  it('§7.1 lets both gates be passed at once: the key of the app, and a bound token of its user', async () => {
    const { plaintext } = await issueKey(api.app, 'phone');
    const headers = token.headers(await token.proof('/both'));
    expect((await api.get('/both', { ...headers, 'X-API-Key': plaintext })).status).toBe(200);
    handled = 0;
    const without = token.headers(await token.proof('/both'));
    expect((await api.get('/both', without)).status).toBe(401);
    expect((await api.get('/both', { 'X-API-Key': plaintext })).status).toBe(401);
    const stranger = await clientWithKey(api.app, 'shop', ['a:read']);
    const mixed = { ...token.headers(await token.proof('/both')), 'X-API-Key': stranger };
    expect((await api.get('/both', mixed)).status).toBe(401);
    expect(handled).toBe(0);
  });

  it.each([
    ['RS256', 'EdDSA'],
    ['EdDSA', 'ES256'],
    ['ES256', 'RS256'],
  ])('§4.3 (6) refuses a proof by %s that says it is by %s', async (made, said) => {
    const other = await ProofMaker.create(made);
    token = await BoundToken.create(api.app, other, { clientId: 'phone', scope: 'a:read' });
    const [, payload, signature] = (await token.proof(PATH)).split('.');
    const header = { alg: said, typ: 'dpop+jwt', jwk: other.publicJwk };
    const forged = Buffer.from(JSON.stringify(header)).toString('base64url');
    await expectRefused(`${forged}.${payload ?? ''}.${signature ?? ''}`);
  });

  it('§5.2 takes no bearer token of a client with dpop_bound_access_tokens [C57]', async () => {
    await register(api.app, 'careful', ['a:read'], { dpopBoundAccessTokens: true });
    const claims = { clientId: 'careful', scope: 'a:read' };
    const bearer = await ownToken(api.app, claims);
    for (let n = 0; n < 2; n += 1) {
      const answer = await api.get(PATH, { Authorization: `Bearer ${bearer}` });
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({
        type: 'urn:sallyport:problem:sender-constraint-required',
      });
    }
    expect(handled).toBe(0);
    token = await BoundToken.create(api.app, key, claims);
    expect((await get(await token.proof(PATH))).status).toBe(200);
  });

  describe('with nonces', () => {
    const nonceOf = async (proof: string): Promise<string> => {
      const { status, headers } = await get(proof);
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toContain(
        'DPoP realm="https://api.test", error="use_dpop_nonce"',
      );
      expect(handled).toBe(0);
      return headers['dpop-nonce'] ?? '';
    };
    const revocation = { maxStalenessSeconds: 600 };
    beforeEach(() => open({ dpop: { requireNonce: true }, revocation }));

    it('§9 asks for one, takes it, and gives the next with the answer', async () => {
      const nonce = await nonceOf(await token.proof(PATH));
      const answer = await get(await token.proof(PATH, { nonce }));
      expect([answer.status, answer.headers['dpop-nonce']]).toEqual([200, nonce]);
      clock.advance(61);
      const later = await get(await token.proof(PATH, { nonce }));
      expect(later.status).toBe(200);
      expect(later.headers['dpop-nonce']).not.toBe(nonce);
    });

    it('§9 takes none that it did not give, and none for longer than five minutes', async () => {
      const nonce = await nonceOf(await token.proof(PATH));
      const wrong = [nonce.slice(1), `${nonce}A`, nonce.toLowerCase(), 'x'.repeat(43), ''];
      for (const one of wrong) await nonceOf(await token.proof(PATH, { nonce: one }));
      clock.advance(299);
      await nonceOf(await token.proof(PATH, { nonce }));
    });

    it('§11.1 takes a proof with a nonce once, and does not ask what the clock of its sender says', async () => {
      const nonce = await nonceOf(await token.proof(PATH));
      const proof = await token.proof(PATH, { nonce, iat: 1 });
      expect((await get(proof)).status).toBe(200);
      handled = 0;
      await expectRefused(proof);
    });
  });

  it('§4.3 refuses other tokens of ours in the place of a proof', async () => {
    const stranger = new SignJWT({}).setProtectedHeader({ alg: 'HS256' });
    await expectRefused(await stranger.sign(Buffer.alloc(32)));
    await expectRefused(token.text);
  });
});
