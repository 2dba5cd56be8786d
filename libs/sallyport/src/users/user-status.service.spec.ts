import {
  atOnce,
  createRevocation,
  createSharedStores,
  createUserStatus,
  ISSUER,
} from '../../../../test/support/lives.js';

const by = { actor: 'user:bob@backoffice-web', reason: 'left the company' };
const alice = { issuer: ISSUER, subject: 'alice' };

function setUp() {
  const stores = createSharedStores();
  const revocation = createRevocation(stores).service;
  const userEpoch = async (): Promise<number> =>
    (await revocation.currentEpochs({ user: alice, clientId: 'mobile-app' })).user;
  return { stores, userEpoch, service: createUserStatus(stores) };
}

describe('UserStatusService', () => {
  it('suspends a user and ends all that was issued to them, in one transaction [C29]', async () => {
    const { stores, userEpoch, service } = setUp();
    expect(await service.suspend(alice, by)).toBe(true);
    expect(await service.isSuspended(alice)).toBe(true);
    expect(await userEpoch()).toBe(1);
    const actions = (await stores.changes.listByObject('alice', 10)).map(({ action }) => action);
    expect(actions.sort()).toEqual(['user.revoked', 'user.suspended']);
    expect(await stores.revocations.unpublished(10)).toEqual([]);
  });

  it('revives nothing when the user is reinstated', async () => {
    const { userEpoch, service } = setUp();
    await service.suspend(alice, by);
    expect(await service.reinstate(alice, by)).toBe(true);
    expect(await service.isSuspended(alice)).toBe(false);
    expect(await userEpoch()).toBe(1);
  });

  it('knows nothing against a user it never heard of', async () => {
    const { service } = setUp();
    expect(await service.isSuspended(alice)).toBe(false);
    expect(await service.reinstate(alice, by)).toBe(false);
  });

  it('lets one of 20 parallel suspensions over two instances win', async () => {
    const { stores, userEpoch, service } = setUp();
    const instances = [service, createUserStatus(stores)] as const;
    const results = await atOnce(20, instances, (instance) => instance.suspend(alice, by));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await userEpoch()).toBe(1);
  });

  it('keeps state and epoch as they were when the host rolls back', async () => {
    const { stores, userEpoch, service } = setUp();
    const failed = stores.database.run(async (transaction) => {
      await service.suspend(alice, by, transaction);
      throw new Error('the host changed its mind');
    });
    await expect(failed).rejects.toThrow('changed its mind');
    expect(await service.isSuspended(alice)).toBe(false);
    expect(await userEpoch()).toBe(0);
  });

  it('asks the store once, and again when another instance tells of a suspension [C68]', async () => {
    const { stores, service } = setUp();
    const there = createRevocation(stores);
    const other = createUserStatus(stores, there);
    await there.follower.turn();
    expect(await other.isSuspended(alice)).toBe(false);
    expect(other.isSuspended(alice)).toBe(false);
    for (const isSuspended of [true, false]) {
      await (isSuspended ? service.suspend(alice, by) : service.reinstate(alice, by));
      await there.follower.turn();
      expect(await other.isSuspended(alice)).toBe(isSuspended);
    }
  });
});
