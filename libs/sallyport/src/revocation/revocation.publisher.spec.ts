import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createRevocation, createSharedStores, ISSUER } from '../../../../test/support/lives.js';
import { Stopwatch } from '../../../../test/support/stopwatch.js';
import { revocationKey, type RevocationTarget } from './revocation.js';

const by = { actor: 'cron' };
const target: RevocationTarget = { kind: 'session', issuer: ISSUER, sid: 's1' };
const key = revocationKey(target);

function setUp() {
  const stores = createSharedStores();
  return { stores, ...createRevocation(stores) };
}

/** A promise that is kept when the test says so. */
const held = () => Promise.withResolvers<undefined>();

async function eventually(isTrue: () => boolean, milliseconds = 1000): Promise<boolean> {
  const watch = new Stopwatch();
  while (!isTrue() && watch.milliseconds < milliseconds) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  watch.stop();
  return isTrue();
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

  it('does not trust the list before it has read the outbox, which a killed instance may have left', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.tick();
    await stores.database.run((transaction) => service.revoke(target, by, transaction));

    const restarted = createRevocation(stores);
    expect(restarted.publisher.isBehind).toBe(true);
    const read = jest.spyOn(stores.revocations, 'unpublished').mockRejectedValue(new Error('slow'));
    await restarted.publisher.tick();
    expect(restarted.publisher.isBehind).toBe(true);
    read.mockRestore();
    await restarted.publisher.tick();
    expect(restarted.publisher.isBehind).toBe(false);
  });

  it('does not trust the list when the outbox could not be read for most of a second [C65]', async () => {
    const { stores, publisher } = setUp();
    await publisher.tick();
    jest.spyOn(stores.revocations, 'unpublished').mockRejectedValue(new Error('slow'));
    stores.clock.advance(0.5);
    await publisher.tick();
    expect(publisher.isBehind).toBe(false);
    stores.clock.advance(0.4);
    await publisher.tick();
    expect(publisher.isBehind).toBe(true);
  });

  it('does not trust the list on the word of a clock that was set back', async () => {
    const { stores, publisher } = setUp();
    await publisher.tick();
    stores.clock.advance(-3600);
    expect(publisher.isBehind).toBe(true);
    await publisher.tick();
    expect(publisher.isBehind).toBe(false);
  });

  it('looks after the list on time though the clock was set back', async () => {
    const { stores, publisher } = setUp();
    await publisher.tick();
    stores.clock.advance(-365 * 86_400);
    stores.list.lose();
    await publisher.tick();
    expect(await stores.list.check([key])).toEqual([null]);
  });

  it('keeps nobody waiting for an outbox that does not end, and does not trust the list meanwhile', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.tick();
    await service.revoke(target, by);
    const [row] = await stores.revocations.changedSince(new Date(0), null, 1);
    if (row === undefined) throw new TypeError('nothing was revoked');
    const read = jest.spyOn(stores.revocations, 'unpublished').mockImplementation(() => {
      stores.clock.advance(0.05);
      return Promise.resolve(Array.from({ length: 500 }, () => row));
    });
    await service.revoke(target, by);
    expect(read.mock.calls.length).toBeLessThan(30);
    expect(publisher.isBehind).toBe(true);
  });

  it('publishes a revocation of a host transaction within a second while the list is being filled [C65]', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.onApplicationBootstrap();
    const filling = held();
    jest.spyOn(stores.list, 'rebuild').mockReturnValue(filling.promise);
    publisher.requestRebuild();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stores.database.run((transaction) => service.revoke(target, by, transaction));
    expect(await eventually(() => stores.list.published.length === 1)).toBe(true);
    filling.resolve(undefined);
    await publisher.beforeApplicationShutdown();
  });

  it('breaks off filling the list when the app shuts down', async () => {
    const { stores, service, publisher } = setUp();
    await stores.database.run(async (transaction) => {
      for (let index = 0; index < 1001; index += 1) {
        await service.revoke({ ...target, sid: `s${index.toString()}` }, by, transaction);
      }
    });
    const read = jest.spyOn(stores.revocations, 'changedSince');
    const page = held();
    const publish = stores.list.publish.bind(stores.list);
    jest.spyOn(stores.list, 'rebuild').mockImplementation(async (pages) => {
      for await (const some of pages()) {
        await page.promise;
        await publish(some, 60);
      }
    });
    const ticking = publisher.tick();
    expect(await eventually(() => read.mock.calls.length === 1)).toBe(true);
    const closing = publisher.beforeApplicationShutdown();
    page.resolve(undefined);
    await Promise.all([ticking, closing]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('prunes a large backlog in pages, each small enough for one statement', async () => {
    const { stores, service, publisher } = setUp();
    await stores.database.run(async (transaction) => {
      for (let index = 0; index < 2100; index += 1) {
        const jti = `t${index.toString()}`;
        await service.revoke({ kind: 'token', issuer: ISSUER, jti }, by, transaction);
      }
    });
    const prune = jest.spyOn(stores.revocations, 'prune');
    stores.clock.advance(90_000);
    await publisher.tick();
    expect(prune.mock.calls.every(([, , limit]) => limit <= 1000)).toBe(true);
    expect(await stores.revocations.changedSince(new Date(0), null, 1)).toEqual([]);
  });

  it('prunes the next time what could not be pruned', async () => {
    const { stores, service, publisher } = setUp();
    const token: RevocationTarget = { kind: 'token', issuer: ISSUER, jti: 't1' };
    await service.revoke(token, by);
    stores.clock.advance(90_000);
    const prune = jest.spyOn(stores.revocations, 'prune').mockRejectedValueOnce(new Error('slow'));
    await publisher.tick();
    prune.mockRestore();
    stores.clock.advance(60);
    await publisher.tick();
    expect(await stores.revocations.marks([revocationKey(token)])).toEqual([null]);
  });

  it('prunes once an hour what no living token can meet, but keeps epochs', async () => {
    const { stores, service, publisher } = setUp();
    const token: RevocationTarget = { kind: 'token', issuer: ISSUER, jti: 't1' };
    const user: RevocationTarget = { kind: 'user', issuer: ISSUER, subject: 'alice' };
    for (const revoked of [token, user, target]) await service.revoke(revoked, by);
    const keys = [token, user, target].map(revocationKey);
    stores.clock.advance(90_000);
    await publisher.tick();
    expect(await stores.revocations.marks(keys)).toMatchObject([null, { epoch: 1 }, { epoch: 1 }]);
    stores.clock.advance(90 * 86_400);
    await publisher.tick();
    expect(await stores.revocations.marks(keys)).toMatchObject([null, { epoch: 1 }, null]);
  });

  it('turns by itself from start to shutdown', async () => {
    const { stores, service, publisher } = setUp();
    await publisher.onApplicationBootstrap();
    await stores.database.run((transaction) => service.revoke(target, by, transaction));
    expect(await eventually(() => stores.list.published.length > 0, 2000)).toBe(true);
    expect(stores.list.published).toHaveLength(1);
    await publisher.beforeApplicationShutdown();
    await stores.database.run((transaction) => service.revoke(target, by, transaction));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(stores.list.published).toHaveLength(1);
  });
});
