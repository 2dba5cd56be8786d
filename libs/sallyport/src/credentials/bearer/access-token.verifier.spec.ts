import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { createTestVerifier } from '../../../../../test/support/token-verifier.js';
import { createTestIssuer, type TestIssuer } from '../../../../../test/support/tokens.js';
import { PublishedKeys, type PublishedKey } from '../../signing-keys/published-keys.js';

/** Our own signing keys, which the test changes. */
class ChangingKeys extends PublishedKeys {
  keys: readonly PublishedKey[] = [];
  readonly asked: (string | undefined)[] = [];

  publish(...issuers: readonly TestIssuer[]): void {
    this.keys = issuers.map(({ kid, algorithm, publicJwk }) => ({ kid, algorithm, publicJwk }));
  }

  publicKeys(wantedKid?: string): Promise<readonly PublishedKey[]> {
    this.asked.push(wantedKid);
    return Promise.resolve(this.keys);
  }
}

const old = createTestIssuer();
const next = createTestIssuer();

describe('AccessTokenVerifier', () => {
  it('believes a token again without reading it again, the very same object', async () => {
    const { verifier } = createTestVerifier(old);
    const text = old.accessToken();
    expect(await verifier.verify(text)).toBe(await verifier.verify(text));
  });

  it('lets no handler change what later requests get', async () => {
    const { verifier } = createTestVerifier(old);
    const token = await verifier.verify(old.accessToken({ team: { id: 1 }, roles: ['viewer'] }));
    expect(Object.isFrozen(token)).toBe(true);
    expect(
      [token.scope, token.roles, token.user, token.claims, token.claims.team].every(
        Object.isFrozen,
      ),
    ).toBe(true);
  });

  it('asks exp and nbf at every request, also of a token it has seen [C62]', async () => {
    const { verifier, clock, refusalOf } = createTestVerifier(old);
    const text = old.accessToken();
    await verifier.verify(text);
    clock.advance(400);
    expect((await refusalOf(text)).code).toBe('ERR_CREDENTIAL_EXPIRED');
    clock.advance(-500);
    expect((await refusalOf(text)).code).toBe('ERR_TOKEN_INVALID');
  });

  it('refuses a token seen before once its key is withdrawn, and knows new keys at once', async () => {
    const keys = new ChangingKeys();
    keys.publish(old);
    const { verifier, refusalOf } = createTestVerifier(old, {}, keys);
    const [before, after] = [old.accessToken(), next.accessToken()];
    await verifier.verify(before);
    expect((await refusalOf(after)).code).toBe('ERR_TOKEN_INVALID');

    keys.publish(old, next);
    await verifier.verify(before);
    await verifier.verify(after);
    keys.publish(next);
    await verifier.verify(after);
    expect((await refusalOf(before)).code).toBe('ERR_TOKEN_INVALID');
    expect(keys.asked).toContain(next.kid);
  });

  it('refuses a token seen before when another key took over its kid', async () => {
    const keys = new ChangingKeys();
    keys.publish(old);
    const { verifier, refusalOf } = createTestVerifier(old, {}, keys);
    const text = old.accessToken();
    await verifier.verify(text);
    keys.publish(createTestIssuer({ kid: old.kid }));
    expect((await refusalOf(text)).code).toBe('ERR_TOKEN_INVALID');
  });

  it('uses none of our keys for an algorithm that is switched off', async () => {
    const { refusalOf } = createTestVerifier(old, { algorithms: ['EdDSA'] });
    expect((await refusalOf(old.accessToken())).code).toBe('ERR_TOKEN_INVALID');
  });

  it('accepts a token up to the longest life that is allowed, and the skew that is set [C89]', async () => {
    const { verifier, clock, refusalOf } = createTestVerifier(old, {
      maxTokenLifetimeSeconds: 300,
      clockSkewSeconds: 0,
    });
    const text = old.accessToken();
    await verifier.verify(text);
    clock.advance(300);
    expect((await refusalOf(text)).code).toBe('ERR_CREDENTIAL_EXPIRED');
  });

  it.each([
    { sub: '漢'.repeat(255) },
    { sub: 'alice\0' },
    { jti: 'a\0b' },
    { jti: 'line\nbreak' },
    { sid: 'x'.repeat(256) },
  ])(
    'believes no identifier that no store could keep, so that all can be revoked: %#',
    async (claims) => {
      const { refusalOf } = createTestVerifier(old);
      expect((await refusalOf(old.accessToken(claims))).code).toBe('ERR_TOKEN_INVALID');
    },
  );

  it('quotes and cuts what an unknown sender wrote before it goes to the log', async () => {
    const { refusalOf } = createTestVerifier(old);
    const iss = `https://x.test\n2030-01-01 INFO granted ${'x'.repeat(1000)}`;
    const reason = (await refusalOf(old.accessToken({ iss }))).context.reason ?? '';
    expect(reason).not.toContain('\n');
    expect(reason.length).toBeLessThan(400);
  });
});

describe('AccessTokenVerifier with remote keys', () => {
  let server: Server;
  let requests = 0;
  let status = 200;
  const partner = createTestIssuer({ algorithm: 'EdDSA' });

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = createServer((_request, response) => {
      requests += 1;
      response
        .writeHead(status, { 'content-type': 'application/jwk-set+json' })
        .end(JSON.stringify(partner.jwks));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    Logger.overrideLogger(['log', 'warn', 'error']);
    await new Promise((resolve) => server.close(resolve));
  });

  it('fetches them, survives their outage, and answers 503 only where it never had any [C69] [W4]', async () => {
    const { port } = server.address() as AddressInfo;
    const options = { jwksUri: `http://127.0.0.1:${String(port)}/jwks` };
    const early = createTestVerifier(partner, options);
    await early.verifier.verify(partner.accessToken());
    expect(requests).toBe(1);

    status = 500;
    const late = createTestVerifier(partner, options);
    expect((await late.refusalOf(partner.accessToken())).code).toBe('ERR_KEYS_UNAVAILABLE');
    early.clock.advance(3600);
    const fresh = createTestIssuer({ algorithm: 'EdDSA' }, () => early.clock.now());
    expect((await early.refusalOf(fresh.accessToken())).code).toBe('ERR_TOKEN_INVALID');
    const iat = Math.floor(early.clock.now().getTime() / 1000);
    const current = partner.accessToken({ iat, exp: iat + 300 });
    expect((await early.verifier.verify(current)).kid).toBe(partner.kid);
  });
});
