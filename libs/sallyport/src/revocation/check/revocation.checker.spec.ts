import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createRevocation, createSharedStores, ISSUER } from '../../../../../test/support/lives.js';
import { addSeconds } from '../../clock.js';
import { SallyportError } from '../../errors.js';
import type { Fingerprinting } from '../replica/fingerprint.js';
import { ANY_CLIENT, type RevocationTarget } from '../revocation.js';
import type { RevocableApiKey, RevocableToken } from './revocation-question.js';

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
const secret = { id: 'secret1', clientId: 'mobile-app', clientEpoch: 0 };

const everything: RevocationTarget[] = [
  { kind: 'token', issuer: ISSUER, jti: 't1' },
  { kind: 'session', issuer: ISSUER, sid: 's1' },
  { kind: 'grant', issuer: ISSUER, gid: 'g1' },
  { kind: 'user', ...alice },
  { kind: 'user-client', ...alice, clientId: 'mobile-app' },
  { kind: 'user-client', ...alice, clientId: ANY_CLIENT },
  { kind: 'client', clientId: 'mobile-app' },
  { kind: 'signing-key', issuer: ISSUER, kid: 'k1' },
  { kind: 'issuer', issuer: ISSUER },
];

/** All digests share one of four fingerprints. */
const weak: Fingerprinting = (digest) => ({ high: digest.readUInt8(0) % 4, low: 1 });

async function setUp(fingerprinting?: Fingerprinting) {
  const stores = createSharedStores(now);
  const instance = createRevocation(stores, fingerprinting);
  await instance.follower.turn();
  return { stores, ...instance };
}

const revokedError = { code: 'ERR_CREDENTIAL_REVOKED' };

describe('RevocationChecker', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('lets through what was never revoked at once, and asks no store [N2]', async () => {
    const { stores, checker } = await setUp();
    const marks = jest.spyOn(stores.revocations, 'marks');
    const subjects = [{ token: own }, { token: foreign }, { apiKey: personalKey }];
    expect(
      checker.assertNotRevoked(subjects.map((one) => ({ revocation: checker.checkOf(one) }))),
    ).toBeUndefined();
    expect(marks).not.toHaveBeenCalled();
    expect(stores.list.checks).toBe(0);
  });

  it.each(everything)('refuses our own token after its $kind was revoked [W2]', async (target) => {
    const { service, assertNotRevoked } = await setUp();
    await service.revoke(target, by);
    const refusal = assertNotRevoked({ token: own });
    await expect(refusal).rejects.toMatchObject(revokedError);
    await expect(refusal).rejects.toThrow(target.kind);
  });

  it('refuses at once whatever this instance has just revoked', async () => {
    const { service, checker } = await setUp();
    const check = { revocation: checker.checkOf({ token: own }) };
    await service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
    await expect(async () => checker.assertNotRevoked([check])).rejects.toMatchObject(revokedError);
  });

  it.each([
    { kind: 'token', issuer: ISSUER, jti: 't2' },
    { kind: 'token', issuer: 'https://other.example', jti: 't1' },
    { kind: 'session', issuer: 'https://other.example', sid: 's1' },
    { kind: 'signing-key', issuer: 'https://other.example', kid: 'k1' },
    { kind: 'issuer', issuer: 'https://other.example' },
    { kind: 'user', issuer: 'https://other.example', subject: 'alice' },
    { kind: 'user-client', ...alice, clientId: 'backoffice-web' },
    { kind: 'client', clientId: 'backoffice-web' },
    { kind: 'api-key', apiKeyId: 't1' },
  ] satisfies RevocationTarget[])('is not led astray by the revocation of %j', async (target) => {
    const { service, assertNotRevoked } = await setUp();
    await service.revoke(target, by);
    await assertNotRevoked({ token: own }, { apiKey: personalKey }, { clientSecret: secret });
  });

  it('ends all tokens of a user at once, and not those issued afterwards [C68]', async () => {
    const { service, assertNotRevoked } = await setUp();
    await service.revoke({ kind: 'user', ...alice }, by);
    await expect(assertNotRevoked({ token: own })).rejects.toMatchObject(revokedError);
    const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    await assertNotRevoked({ token: { ...own, epochs } });
  });

  it('ends every token that an issuer had issued until then, and none that it issues later', async () => {
    const { service, assertNotRevoked } = await setUp();
    await service.revoke({ kind: 'issuer', issuer: ISSUER }, by);
    const issuedAfter = (seconds: number) => ({ issuedAt: addSeconds(now, seconds) });
    for (const token of [own, foreign, { ...foreign, ...issuedAfter(30) }]) {
      await expect(assertNotRevoked({ token })).rejects.toMatchObject(revokedError);
    }
    await assertNotRevoked({ token: { ...own, ...issuedAfter(1) } });
    await assertNotRevoked({ token: { ...foreign, ...issuedAfter(31) } });
    await assertNotRevoked({ apiKey: personalKey });
  });

  it.each([null, 'mobile-app'])(
    'calls a token stale after roles changed in client %s',
    async (at) => {
      const { service, assertNotRevoked } = await setUp();
      await service.raiseRoleVersion(alice, at, by);
      await expect(assertNotRevoked({ token: own })).rejects.toMatchObject({
        code: 'ERR_CREDENTIAL_STALE',
      });
      const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
      await assertNotRevoked({ token: { ...own, epochs } }, { token: foreign });
    },
  );

  it('knows again what it forgot while the clock was far ahead', async () => {
    const { stores, service, replica, follower, assertNotRevoked } = await setUp();
    await service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
    stores.clock.advance(3 * day);
    await follower.turn();
    for (let turn = 0; turn < 64; turn++) replica.sweep(stores.clock.milliseconds());
    expect(replica.finals.size).toBe(0);
    stores.clock.advance(-3 * day);
    await follower.turn();
    await expect(assertNotRevoked({ token: own })).rejects.toMatchObject(revokedError);
  });

  it('forgets nothing while a reading is under way, and the clock is far ahead for a moment', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const { stores, service, follower, assertNotRevoked } = await setUp();
      await service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
      await follower.onApplicationBootstrap();
      const [reading, read] = [Promise.withResolvers<undefined>(), stores.revocations.changesSince];
      jest.spyOn(stores.revocations, 'changesSince').mockImplementationOnce(async (...given) => {
        await reading.promise;
        return read.apply(stores.revocations, given);
      });
      jest.advanceTimersByTime(250);
      stores.clock.advance(3 * day);
      jest.advanceTimersByTime(250 * 64);
      stores.clock.advance(-3 * day);
      reading.resolve(undefined);
      await follower.turn();
      await expect(assertNotRevoked({ token: own })).rejects.toMatchObject(revokedError);
      await follower.beforeApplicationShutdown();
    } finally {
      jest.useRealTimers();
    }
  });

  it('adds up role versions of which the replica remembers only the later one', async () => {
    const { stores, service, replica, assertNotRevoked } = await setUp();
    for (let count = 0; count < 5; count += 1) {
      await service.raiseRoleVersion(alice, 'mobile-app', by);
    }
    stores.clock.advance(2 * day);
    for (let turn = 0; turn < 64; turn++) replica.sweep(stores.clock.milliseconds());
    expect(replica.roles.size).toBe(0);
    const issuedAt = stores.clock.now();
    const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    await service.raiseRoleVersion(alice, null, by);
    await expect(assertNotRevoked({ token: { ...own, issuedAt, epochs } })).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_STALE',
    });
  });

  it.each(everything.filter(({ kind }) => kind !== 'token' && kind !== 'grant'))(
    'refuses a token of another issuer that is older than the revocation of its $kind',
    async (target) => {
      const { service, assertNotRevoked } = await setUp();
      await service.revoke(target, by);
      await expect(assertNotRevoked({ token: foreign })).rejects.toMatchObject(revokedError);
    },
  );

  it('accepts a token of another issuer that is newer than the revocation, but for clock skew', async () => {
    const { stores, service, assertNotRevoked } = await setUp();
    await service.revoke({ kind: 'user', ...alice }, by);
    stores.clock.advance(60);
    const issuedAfter = (seconds: number) => ({
      token: { ...foreign, issuedAt: addSeconds(now, seconds) },
    });
    await assertNotRevoked(issuedAfter(31));
    await expect(assertNotRevoked(issuedAfter(30))).rejects.toMatchObject(revokedError);
  });

  it('refuses a token that is older than revocations are remembered', async () => {
    const { stores, assertNotRevoked } = await setUp();
    stores.clock.advance(day + 1);
    await expect(assertNotRevoked({ token: foreign })).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_EXPIRED',
    });
  });

  it.each([
    { kind: 'api-key', apiKeyId: 'key1' },
    { kind: 'client', clientId: 'mobile-app' },
    { kind: 'user', ...alice },
  ] satisfies RevocationTarget[])(
    'refuses a personal API key after its $kind was revoked, however long ago [C29]',
    async (target) => {
      const { stores, service, assertNotRevoked } = await setUp();
      await service.revoke(target, by);
      await expect(assertNotRevoked({ apiKey: personalKey })).rejects.toMatchObject(revokedError);
      stores.clock.advance(30 * day);
      await expect(assertNotRevoked({ apiKey: personalKey })).rejects.toMatchObject(revokedError);
    },
  );

  it('leaves the API keys of the client alone when a user is revoked', async () => {
    const { service, assertNotRevoked } = await setUp();
    await service.revoke({ kind: 'user', ...alice }, by);
    await assertNotRevoked({ apiKey: { ...personalKey, user: null } });
  });

  it.each([
    { kind: 'client-secret', id: 'secret1' },
    { kind: 'client', clientId: 'mobile-app' },
  ] satisfies RevocationTarget[])(
    'refuses a client secret after its $kind was revoked',
    async (target) => {
      const { service, assertNotRevoked } = await setUp();
      await service.revoke(target, by);
      await expect(assertNotRevoked({ clientSecret: secret })).rejects.toMatchObject(revokedError);
      const later = { id: 'secret2', clientId: 'mobile-app', clientEpoch: 1 };
      await assertNotRevoked({ clientSecret: later });
    },
  );

  it.each([
    { kind: 'session', issuer: ISSUER, sid: 's1' },
    { kind: 'grant', issuer: ISSUER, gid: 'g1' },
    { kind: 'signing-key', issuer: ISSUER, kid: 'k1' },
  ] satisfies RevocationTarget[])(
    'ends for good, not for a day, also on an instance that starts later: $kind',
    async (target) => {
      const { stores, service } = await setUp();
      await service.revoke(target, by);
      stores.clock.advance(10 * day);
      const later = createRevocation(stores);
      const token = { ...own, issuedAt: stores.clock.now() };
      await expect(later.assertNotRevoked({ token })).rejects.toMatchObject(revokedError);
    },
  );

  describe('with fingerprints that many share', () => {
    const others = async ({ service, stores }: Awaited<ReturnType<typeof setUp>>) =>
      stores.database.run(async (transaction) => {
        for (let n = 0; n < 30; n++) {
          const user = { issuer: ISSUER, subject: `user ${n}` };
          for (const target of [
            { kind: 'token', issuer: ISSUER, jti: `other ${n}` },
            { kind: 'user', ...user },
            { kind: 'client', clientId: `client ${n}` },
            { kind: 'user-client', ...user, clientId: 'mobile-app' },
          ] satisfies RevocationTarget[]) {
            await service.revoke(target, by, transaction);
          }
        }
      });

    it('refuses no credential that is good, and asks the store once for it', async () => {
      const instance = await setUp(weak);
      await others(instance);
      const subjects = [{ token: own }, { apiKey: personalKey }, { clientSecret: secret }];
      await instance.assertNotRevoked(...subjects);
      const marks = jest.spyOn(instance.stores.revocations, 'marks');
      const checks = subjects.map((subject) => ({ revocation: instance.checker.checkOf(subject) }));
      expect(instance.checker.assertNotRevoked(checks)).toBeUndefined();
      expect(marks).not.toHaveBeenCalled();
    });

    it.each(everything)('refuses after its own $kind was revoked in the crowd', async (target) => {
      const instance = await setUp(weak);
      await others(instance);
      const checks = [{ revocation: instance.checker.checkOf({ token: own }) }];
      await instance.follower.turn();
      await instance.checker.assertNotRevoked(checks);
      await instance.service.revoke(target, by);
      await expect(async () => instance.checker.assertNotRevoked(checks)).rejects.toMatchObject(
        revokedError,
      );
    });

    it('answers 503 where it cannot be settled since the store is away', async () => {
      const instance = await setUp(weak);
      await others(instance);
      await instance.follower.turn();
      jest.spyOn(instance.stores.revocations, 'marks').mockRejectedValue(new Error('refused'));
      const refusal = await Promise.resolve(
        instance.checker.assertNotRevoked([
          { revocation: instance.checker.checkOf({ token: own }) },
        ]),
      ).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(SallyportError);
      expect(refusal).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', problem: { status: 503 } });
    });
  });

  it('settles a role version once, and again when roles change again', async () => {
    const { stores, service, checker } = await setUp();
    await service.raiseRoleVersion(alice, 'mobile-app', by);
    const epochs = await service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    const checks = [{ revocation: checker.checkOf({ token: { ...own, epochs } }) }];
    await checker.assertNotRevoked(checks);
    const marks = jest.spyOn(stores.revocations, 'marks');
    for (let count = 0; count < 100; count++) {
      expect(checker.assertNotRevoked(checks)).toBeUndefined();
    }
    expect(marks).not.toHaveBeenCalled();
    await service.raiseRoleVersion(alice, null, by);
    await expect(async () => checker.assertNotRevoked(checks)).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_STALE',
    });
  });

  it('asks the store once about a revoked credential that comes again and again', async () => {
    const { stores, service, checker } = await setUp();
    await service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
    const marks = jest.spyOn(stores.revocations, 'marks');
    for (let count = 0; count < 100; count++) {
      const checks = [{ revocation: checker.checkOf({ token: own }) }];
      await expect(async () => checker.assertNotRevoked(checks)).rejects.toMatchObject(
        revokedError,
      );
    }
    expect(marks).toHaveBeenCalledTimes(1);
  });

  it('lets nobody in before it has read everything [C65]', async () => {
    const stores = createSharedStores(now);
    const { checker, follower } = createRevocation(stores);
    const checks = [{ revocation: checker.checkOf({ token: own }) }];
    const refusal = { code: 'ERR_STORE_UNAVAILABLE', problem: { status: 503 } };
    const position = jest.spyOn(stores.revocations, 'position').mockRejectedValue(new Error('no'));
    await follower.turn();
    await expect(async () => checker.assertNotRevoked(checks)).rejects.toMatchObject(refusal);
    position.mockRestore();
    await follower.turn();
    await checker.assertNotRevoked(checks);
  });

  it('goes on for half a minute while no store tells anything, and no longer', async () => {
    const { stores, checker, follower } = await setUp();
    const checks = [{ revocation: checker.checkOf({ token: own }) }];
    jest.spyOn(stores.revocations, 'changesSince').mockRejectedValue(new Error('no route'));
    const refusal = { code: 'ERR_STORE_UNAVAILABLE', problem: { status: 503 } };
    stores.clock.advance(30);
    await follower.turn();
    await checker.assertNotRevoked(checks);
    stores.clock.advance(1);
    await follower.turn();
    await expect(async () => checker.assertNotRevoked(checks)).rejects.toMatchObject(refusal);
    stores.clock.advance(-3600);
    await expect(async () => checker.assertNotRevoked(checks)).rejects.toMatchObject(refusal);
  });
});
