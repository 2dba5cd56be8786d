import {
  atOnce,
  createRevocation,
  createSharedStores,
  ISSUER,
} from '../../../../test/support/lives.js';
import { ANY_CLIENT, revocationKey, type RevocationTarget } from './revocation.js';

const by = { actor: 'client:operator', reason: 'leaked' };
const alice = { issuer: ISSUER, subject: 'alice' };
const token = (jti: string): RevocationTarget => ({ kind: 'token', issuer: ISSUER, jti });

function setUp() {
  const stores = createSharedStores();
  return { stores, ...createRevocation(stores) };
}

describe('RevocationService', () => {
  it('has the revocation in the list as soon as it is made [C65]', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.tick();
    await service.revoke(token('t1'), by);
    const keys = [revocationKey(token('t1')), revocationKey(token('t2'))];
    expect(await stores.list.check(keys)).toEqual([
      { epoch: 1, revokedAt: stores.clock.now() },
      null,
    ]);
    expect(await stores.revocations.unpublished(10)).toEqual([]);
  });

  it('lists each token under a key of its own, however many a client has [C80]', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.tick();
    const targets = Array.from({ length: 50 }, (_, index) => token(`t${index.toString()}`));
    for (const target of targets.slice(0, 25)) await service.revoke(target, by);
    expect(stores.list.published).toHaveLength(25);
    const marks = await stores.list.check(targets.map(revocationKey));
    expect(marks?.map((mark) => mark !== null)).toEqual(targets.map((_, index) => index < 25));
  });

  it('forgets a revoked token once no such token can be alive [C62]', async () => {
    const { stores, service, publisher } = setUp();
    await service.revoke(token('t1'), by);
    stores.clock.advance(86_461);
    await publisher.tick();
    expect(await stores.list.check([revocationKey(token('t1'))])).toEqual([null]);
    expect(await stores.revocations.marks([revocationKey(token('t1'))])).toEqual([null]);
  });

  it('remembers who revoked what, and why', async () => {
    const { stores, service } = setUp();
    await service.revoke({ kind: 'user-client', ...alice, clientId: 'mobile-app' }, by);
    expect(await stores.changes.listByObject('alice', 10)).toMatchObject([
      { action: 'user-client.revoked', ...by, details: { issuer: ISSUER, clientId: 'mobile-app' } },
    ]);
  });

  it('revokes nothing when the transaction of the host rolls back', async () => {
    const { stores, service, publisher } = setUp();
    const failed = stores.database.run(async (transaction) => {
      await service.revoke(token('t1'), by, transaction);
      throw new Error('the host changed its mind');
    });
    await expect(failed).rejects.toThrow('changed its mind');
    await publisher.tick();
    expect(stores.list.published).toEqual([]);
    expect(await stores.revocations.marks([revocationKey(token('t1'))])).toEqual([null]);
    expect(await stores.changes.listByObject('t1', 10)).toEqual([]);
  });

  it('lists what a transaction of the host revoked at the next turn, and not before it commits', async () => {
    const { stores, service, publisher } = setUp();
    await stores.database.run(async (transaction) => {
      await service.revoke(token('t1'), by, transaction);
      await publisher.tick();
      expect(stores.list.published).toEqual([]);
    });
    await publisher.tick();
    expect(stores.list.published).toMatchObject([{ key: revocationKey(token('t1')) }]);
  });

  it('counts every one of 20 parallel revocations over two instances', async () => {
    const stores = createSharedStores();
    const instances = [createRevocation(stores), createRevocation(stores)] as const;
    const target: RevocationTarget = { kind: 'user', ...alice };
    await instances[0].publisher.tick();
    await atOnce(20, instances, ({ service }) => service.revoke(target, by));
    const expected = [{ epoch: 20, revokedAt: stores.clock.now() }];
    expect(await stores.revocations.marks([revocationKey(target)])).toEqual(expected);
    expect(await stores.list.check([revocationKey(target)])).toEqual(expected);
    expect(await stores.changes.listByObject('alice', 100)).toHaveLength(20);
  });

  it('raises a role version without a time, so that tokens of other issuers live on', async () => {
    const { stores, service } = setUp();
    await service.raiseRoleVersion(alice, null, by);
    const key = revocationKey({ kind: 'user-client', ...alice, clientId: ANY_CLIENT });
    expect(await stores.revocations.marks([key])).toEqual([{ epoch: 1, revokedAt: null }]);
  });

  it('tells the epochs that a new credential carries: the role version sums client and any client', async () => {
    const { service } = setUp();
    await service.revoke({ kind: 'client', clientId: 'mobile-app' }, by);
    await service.revoke({ kind: 'user', ...alice }, by);
    await service.revoke({ kind: 'user', ...alice }, by);
    await service.raiseRoleVersion(alice, 'mobile-app', by);
    await service.raiseRoleVersion(alice, null, by);
    await service.raiseRoleVersion(alice, 'backoffice-web', by);
    expect(await service.currentEpochs({ user: alice, clientId: 'mobile-app' })).toEqual({
      client: 1,
      user: 2,
      roleVersion: 2,
    });
    expect(await service.currentEpochs({ clientId: 'backoffice-web' })).toEqual({
      client: 0,
      user: 0,
      roleVersion: 0,
    });
  });

  it('counts what the same transaction revoked among the epochs of a credential issued in it', async () => {
    const { stores, service } = setUp();
    await stores.database.run(async (transaction) => {
      await service.revoke({ kind: 'client', clientId: 'mobile-app' }, by, transaction);
      const epochs = await service.currentEpochs({ clientId: 'mobile-app' }, transaction);
      expect(epochs.client).toBe(1);
    });
  });

  it.each([
    ['empty', token('')],
    ['too long', token('x'.repeat(513))],
    ['no text', { kind: 'client', clientId: 7 } as unknown as RevocationTarget],
  ])('refuses an identifier that is %s', async (_, target) => {
    const { stores, service } = setUp();
    await expect(service.revoke(target, by)).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
    expect(await stores.revocations.unpublished(1)).toEqual([]);
  });
});
