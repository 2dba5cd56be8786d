import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createRevocation, createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { addSeconds } from '../clock.js';
import { SallyportError } from '../errors.js';
import type { RevocableApiKey, RevocableToken } from './revocation-question.js';
import { ANY_CLIENT, revocationKey, type RevocationTarget } from './revocation.js';

const by = { actor: 'client:operator' };
const alice = { issuer: ISSUER, subject: 'alice' };
const now = new Date('2030-01-01T00:00:00Z');
const day = 86_400;

const own: RevocableToken = {
  issuer: ISSUER,
  jti: 't1',
  sid: 's1',
  gid: 'g1',
  kid: 'k1',
  issuedAt: now,
  epochs: { user: 0, client: 0, roleVersion: 0 },
  clientId: 'mobile-app',
  user: alice,
};
const foreign: RevocableToken = { ...own, jti: null, gid: null, epochs: null };
const personalKey: RevocableApiKey = {
  id: 'key1',
  clientId: 'mobile-app',
  user: alice,
  clientEpoch: 0,
  userEpoch: 0,
};

const everything: RevocationTarget[] = [
  { kind: 'token', issuer: ISSUER, jti: 't1' },
  { kind: 'session', issuer: ISSUER, sid: 's1' },
  { kind: 'grant', issuer: ISSUER, gid: 'g1' },
  { kind: 'user', ...alice },
  { kind: 'user-client', ...alice, clientId: 'mobile-app' },
  { kind: 'user-client', ...alice, clientId: ANY_CLIENT },
  { kind: 'client', clientId: 'mobile-app' },
  { kind: 'signing-key', issuer: ISSUER, kid: 'k1' },
];

async function setUp() {
  const stores = createSharedStores(now);
  const instance = createRevocation(stores);
  await instance.publisher.tick();
  return { stores, ...instance };
}

const revokedError = { code: 'ERR_CREDENTIAL_REVOKED' };

describe('RevocationChecker', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('lets through what was never revoked, in one round trip', async () => {
    const { stores, checker } = await setUp();
    await checker.assertNotRevoked({ tokens: [own, foreign], apiKeys: [personalKey] });
    expect(stores.list.checks).toBe(1);
  });

  it.each(everything)('refuses our own token after its $kind was revoked [W2]', async (target) => {
    const { service, checker } = await setUp();
    await service.revoke(target, by);
    const refusal = checker.assertNotRevoked({ tokens: [own] });
    await expect(refusal).rejects.toMatchObject(revokedError);
    await expect(refusal).rejects.toThrow(target.kind);
  });

  it.each([
    { kind: 'token', issuer: ISSUER, jti: 't2' },
    { kind: 'token', issuer: 'https://other.example', jti: 't1' },
    { kind: 'session', issuer: 'https://other.example', sid: 's1' },
    { kind: 'signing-key', issuer: 'https://other.example', kid: 'k1' },
    { kind: 'user', issuer: 'https://other.example', subject: 'alice' },
    { kind: 'user-client', ...alice, clientId: 'backoffice-web' },
    { kind: 'client', clientId: 'backoffice-web' },
    { kind: 'api-key', apiKeyId: 't1' },
  ] satisfies RevocationTarget[])('is not led astray by the revocation of %j', async (target) => {
    const { service, checker } = await setUp();
    await service.revoke(target, by);
    await checker.assertNotRevoked({ tokens: [own], apiKeys: [personalKey] });
  });

  it('ends all tokens of a user at once, and not those issued afterwards [C68]', async () => {
    const { service, checker } = await setUp();
    await service.revoke({ kind: 'user', ...alice }, by);
    await expect(checker.assertNotRevoked({ tokens: [own] })).rejects.toMatchObject(revokedError);
    const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    await checker.assertNotRevoked({ tokens: [{ ...own, epochs }] });
  });

  it.each([null, 'mobile-app'])(
    'calls a token stale after roles changed in client %s',
    async (at) => {
      const { service, checker } = await setUp();
      await service.raiseRoleVersion(alice, at, by);
      await expect(checker.assertNotRevoked({ tokens: [own] })).rejects.toMatchObject({
        code: 'ERR_CREDENTIAL_STALE',
      });
      const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
      await checker.assertNotRevoked({ tokens: [{ ...own, epochs }, foreign] });
    },
  );

  it('adds up role versions of which the list remembers only the later one', async () => {
    const { stores, service, checker, publisher } = await setUp();
    for (let count = 0; count < 5; count += 1) {
      await service.raiseRoleVersion(alice, 'mobile-app', by);
    }
    stores.clock.advance(2 * day);
    await publisher.tick();
    const issuedAt = stores.clock.now();
    const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    await service.raiseRoleVersion(alice, null, by);
    await expect(
      checker.assertNotRevoked({ tokens: [{ ...own, issuedAt, epochs }] }),
    ).rejects.toMatchObject({ code: 'ERR_CREDENTIAL_STALE' });
  });

  it.each(everything.filter(({ kind }) => kind !== 'token' && kind !== 'grant'))(
    'refuses a token of another issuer that is older than the revocation of its $kind',
    async (target) => {
      const { service, checker } = await setUp();
      await service.revoke(target, by);
      await expect(checker.assertNotRevoked({ tokens: [foreign] })).rejects.toMatchObject(
        revokedError,
      );
    },
  );

  it('accepts a token of another issuer that is newer than the revocation, but for clock skew', async () => {
    const { stores, service, checker } = await setUp();
    await service.revoke({ kind: 'user', ...alice }, by);
    stores.clock.advance(60);
    const issuedAfter = (seconds: number) => ({ ...foreign, issuedAt: addSeconds(now, seconds) });
    await checker.assertNotRevoked({ tokens: [issuedAfter(31)] });
    await expect(checker.assertNotRevoked({ tokens: [issuedAfter(30)] })).rejects.toMatchObject(
      revokedError,
    );
  });

  it('refuses a token that is older than revocations are remembered', async () => {
    const { stores, checker } = await setUp();
    stores.clock.advance(day + 1);
    await expect(checker.assertNotRevoked({ tokens: [foreign] })).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_EXPIRED',
    });
  });

  it.each([
    { kind: 'api-key', apiKeyId: 'key1' },
    { kind: 'client', clientId: 'mobile-app' },
    { kind: 'user', ...alice },
  ] satisfies RevocationTarget[])(
    'refuses a personal API key after its $kind was revoked [C29]',
    async (target) => {
      const { service, checker } = await setUp();
      await service.revoke(target, by);
      await expect(checker.assertNotRevoked({ apiKeys: [personalKey] })).rejects.toMatchObject(
        revokedError,
      );
    },
  );

  it('leaves the API keys of the client alone when a user is revoked', async () => {
    const { service, checker } = await setUp();
    await service.revoke({ kind: 'user', ...alice }, by);
    await checker.assertNotRevoked({ apiKeys: [{ ...personalKey, user: null }] });
  });

  it('refuses a client secret that was revoked', async () => {
    const { service, checker } = await setUp();
    await service.revoke({ kind: 'client-secret', id: 'secret1' }, by);
    await checker.assertNotRevoked({ clientSecrets: [{ id: 'secret2' }] });
    await expect(
      checker.assertNotRevoked({ clientSecrets: [{ id: 'secret1' }] }),
    ).rejects.toMatchObject(revokedError);
  });

  it('refuses an API key whose client was revoked so long ago that no list remembers', async () => {
    const { stores, service, checker, publisher } = await setUp();
    await service.revoke({ kind: 'client', clientId: 'mobile-app' }, by);
    stores.clock.advance(30 * day);
    await publisher.tick();
    await expect(
      checker.assertNotRevoked({ apiKeys: [{ ...personalKey, user: null }] }),
    ).rejects.toMatchObject(revokedError);
  });

  it.each([
    { kind: 'session', issuer: 'https://other.example', sid: 's1' },
    { kind: 'grant', issuer: ISSUER, gid: 'g1' },
    { kind: 'signing-key', issuer: 'https://other.example', kid: 'k1' },
    { kind: 'signing-key', issuer: ISSUER, kid: 'k1' },
    { kind: 'api-key', apiKeyId: 'key1' },
    { kind: 'client-secret', id: 'secret1' },
  ] satisfies RevocationTarget[])('ends for good, not for a day: $kind', async (target) => {
    const { stores, service, checker, publisher } = await setUp();
    await service.revoke(target, by);
    for (const isLost of [false, true]) {
      stores.clock.advance(5 * day);
      if (isLost) stores.list.lose();
      publisher.requestRebuild();
      await publisher.tick();
      const issuedAt = stores.clock.now();
      const subject = {
        tokens: [
          { ...own, issuedAt },
          { ...foreign, issuer: 'https://other.example', issuedAt },
        ],
        apiKeys: [personalKey],
        clientSecrets: [{ id: 'secret1' }],
      };
      await expect(checker.assertNotRevoked(subject)).rejects.toMatchObject(revokedError);
    }
  });

  it('asks the store twice a second at most for the other half of a role version', async () => {
    const { stores, service, checker } = await setUp();
    await service.raiseRoleVersion(alice, 'mobile-app', by);
    const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    const marks = jest.spyOn(stores.revocations, 'marks');
    await checker.assertNotRevoked({ tokens: [{ ...own, epochs }] });
    const first = marks.mock.calls.length;
    for (let count = 0; count < 100; count += 1) {
      await checker.assertNotRevoked({ tokens: [{ ...own, epochs }] });
    }
    expect(first).toBeLessThanOrEqual(2);
    expect(marks).toHaveBeenCalledTimes(first);
  });

  it('reads the epochs of API keys from the store twice a second at most', async () => {
    const { stores, checker } = await setUp();
    const marks = jest.spyOn(stores.revocations, 'marks');
    for (let count = 0; count < 100; count += 1) {
      await checker.assertNotRevoked({ apiKeys: [{ ...personalKey, user: null }] });
    }
    expect(marks).toHaveBeenCalledTimes(1);
  });

  it.each(['lost', 'out of reach'])(
    'asks the durable store while the list is %s, so that nothing is revived [W2]',
    async (trouble) => {
      const { stores, service, checker } = await setUp();
      await service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
      if (trouble === 'lost') stores.list.lose();
      else stores.list.isOutOfReach = true;
      await expect(checker.assertNotRevoked({ tokens: [own] })).rejects.toMatchObject(revokedError);
      await checker.assertNotRevoked({ tokens: [{ ...own, jti: 't2' }] });
    },
  );

  it('has a lost list rebuilt, and then asks it again', async () => {
    const { stores, checker, publisher } = await setUp();
    stores.list.lose();
    await checker.marks(['a']);
    await publisher.tick();
    const marks = jest.spyOn(stores.revocations, 'marks');
    expect(await checker.marks(['a', 'b'])).toEqual([null, null]);
    expect(marks).not.toHaveBeenCalled();
  });

  it('does not trust a list that is back in reach before it got what was revoked meanwhile', async () => {
    const { stores, service, checker } = await setUp();
    stores.list.isOutOfReach = true;
    await service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
    stores.list.isOutOfReach = false;
    expect(
      await stores.list.check([revocationKey({ kind: 'token', issuer: ISSUER, jti: 't1' })]),
    ).toEqual([null]);
    await expect(checker.assertNotRevoked({ tokens: [own] })).rejects.toMatchObject(revokedError);
  });

  it('answers 503 when neither the list nor the store can be asked', async () => {
    const { stores, checker } = await setUp();
    stores.list.isOutOfReach = true;
    jest.spyOn(stores.revocations, 'marks').mockRejectedValue(new Error('connection refused'));
    const refusal = await checker
      .assertNotRevoked({ tokens: [own] })
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SallyportError);
    expect(refusal).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', problem: { status: 503 } });
  });
});
