import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createRevocation, createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { revocationKey, type RevocationTarget } from './revocation.js';

const by = { actor: 'cron' };
const target: RevocationTarget = { kind: 'session', issuer: ISSUER, sid: 's1' };
const key = revocationKey(target);

function setUp() {
  const stores = createSharedStores();
  return { stores, ...createRevocation(stores) };
}

describe('RevocationPublisher', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  beforeEach(() => warn.mockClear());
  afterAll(() => {
    warn.mockRestore();
  });

  it('publishes at a later turn what could not be published at once', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.tick();
    stores.list.isOutOfReach = true;
    await service.revoke(target, by);
    expect(await stores.revocations.unpublished(10)).toHaveLength(1);

    stores.list.isOutOfReach = false;
    await publisher.tick();
    expect(await stores.list.check([key])).toMatchObject([{ epoch: 1 }]);
    expect(await stores.revocations.unpublished(10)).toEqual([]);
  });

  it('says that it is behind until all is published, since a list back in reach may lack some', async () => {
    const { stores, service, publisher } = setUp();
    stores.list.isOutOfReach = true;
    await service.revoke(target, by);
    expect(publisher.isBehind).toBe(true);
    stores.list.isOutOfReach = false;
    await publisher.tick();
    expect(publisher.isBehind).toBe(false);
  });

  it('publishes what another instance committed and could not publish itself', async () => {
    const { stores, service } = setUp();
    stores.list.isOutOfReach = true;
    await service.revoke(target, by);
    stores.list.isOutOfReach = false;
    await createRevocation(stores).publisher.tick();
    expect(stores.list.published).toMatchObject([{ key, epoch: 1 }]);
  });

  it('publishes an outbox of several pages', async () => {
    const { stores, service, publisher } = setUp();
    await stores.database.run(async (transaction) => {
      for (let index = 0; index < 1001; index += 1) {
        await service.revoke({ ...target, sid: `s${index.toString()}` }, by, transaction);
      }
    });
    await publisher.flush();
    expect(stores.list.published).toHaveLength(1001);
    expect(await stores.revocations.unpublished(1)).toEqual([]);
  });

  it('lets a flush cover all that was committed before it, also while another one runs', async () => {
    const { stores, service, publisher } = setUp();
    const first = publisher.flush();
    await stores.database.run((transaction) => service.revoke(target, by, transaction));
    await Promise.all([first, publisher.flush(), publisher.flush()]);
    expect(stores.list.published).toHaveLength(1);
  });

  it('fills a list that was lost with everything the horizon covers', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.tick();
    for (let index = 0; index < 600; index += 1) {
      await service.revoke({ ...target, sid: `s${index.toString()}` }, by);
    }
    stores.list.lose();
    expect(await stores.list.check([key])).toBeNull();
    publisher.requestRebuild();
    await publisher.tick();
    const keys = ['s0', 's599', 's600'].map((sid) => revocationKey({ ...target, sid }));
    expect(await stores.list.check(keys)).toMatchObject([{ epoch: 1 }, { epoch: 1 }, null]);
  });

  it('finds a lost list by itself within seconds, without any request that asks', async () => {
    const { stores, publisher } = setUp();
    await publisher.tick();
    stores.list.lose();
    stores.clock.advance(5);
    await publisher.tick();
    expect(await stores.list.check([key])).toEqual([null]);
  });

  it('tries again to rebuild when the list goes out of reach meanwhile', async () => {
    const { stores, publisher } = setUp();
    stores.list.isOutOfReach = true;
    await publisher.tick();
    stores.list.isOutOfReach = false;
    await publisher.tick();
    expect(await stores.list.check([key])).toEqual([null]);
  });

  it('logs trouble at most once a minute, and never throws', async () => {
    const { stores, service, publisher } = setUp();
    stores.list.isOutOfReach = true;
    await service.revoke(target, by);
    for (let turn = 0; turn < 10; turn += 1) await publisher.tick();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]?.[0])).not.toContain('s1');
    stores.clock.advance(60);
    await publisher.tick();
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('prunes once an hour what no living token can meet, but keeps epochs', async () => {
    const { stores, service, publisher } = setUp();
    const user: RevocationTarget = { kind: 'user', issuer: ISSUER, subject: 'alice' };
    await service.revoke(target, by);
    await service.revoke(user, by);
    stores.clock.advance(90_000);
    await publisher.tick();
    expect(await stores.revocations.marks([key, revocationKey(user)])).toMatchObject([
      null,
      { epoch: 1 },
    ]);
  });

  it('turns by itself from start to shutdown', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.onApplicationBootstrap();
    await stores.database.run((transaction) => service.revoke(target, by, transaction));
    const deadline = Date.now() + 2000;
    while (stores.list.published.length === 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(stores.list.published).toHaveLength(1);
    await publisher.beforeApplicationShutdown();
    await stores.database.run((transaction) => service.revoke(target, by, transaction));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(stores.list.published).toHaveLength(1);
  });
});
