import type { ThrottlerStorage } from '@nestjs/throttler';

interface StorageUnderTest {
  readonly storage: ThrottlerStorage;
  /** Lets that much time pass for the storage. */
  wait(milliseconds: number): Promise<void>;
}

/** What every ThrottlerStorage must do; throttler's own, run through the same, keeps this true to it. */
export function describeThrottlerStorage(create: () => StorageUnderTest): void {
  it('takes milliseconds and answers seconds', async () => {
    const { storage } = create();
    const record = await storage.increment('units', 5000, 2, 5000, 'default');
    expect(record).toMatchObject({ totalHits: 1, timeToExpire: 5, isBlocked: false });
  });

  it('blocks the request over the limit for the block duration, without counting on', async () => {
    const { storage } = create();
    for (let hit = 0; hit < 2; hit++) await storage.increment('block', 5000, 2, 9000, 'default');
    const over = await storage.increment('block', 5000, 2, 9000, 'default');
    expect(over).toMatchObject({ totalHits: 3, isBlocked: true, timeToBlockExpire: 9 });
    const again = await storage.increment('block', 5000, 2, 9000, 'default');
    expect(again).toMatchObject({ totalHits: 3, isBlocked: true, timeToBlockExpire: 9 });
  });

  it('starts from one when the block has passed', async () => {
    const { storage, wait } = create();
    for (let hit = 0; hit < 3; hit++) await storage.increment('after', 5000, 2, 200, 'default');
    await wait(250);
    const record = await storage.increment('after', 5000, 2, 200, 'default');
    expect(record).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('without a block duration refuses until the oldest request expires', async () => {
    const { storage, wait } = create();
    for (let hit = 0; hit < 2; hit++) await storage.increment('sliding', 1000, 2, 0, 'default');
    const over = await storage.increment('sliding', 1000, 2, 0, 'default');
    expect(over).toMatchObject({ totalHits: 3, isBlocked: true, timeToBlockExpire: 1 });
    await wait(1050);
    const later = await storage.increment('sliding', 1000, 2, 0, 'default');
    expect(later).toMatchObject({ totalHits: 1, isBlocked: false, timeToBlockExpire: 0 });
  });

  it.each([0, 1000])(
    'a limit of 0 refuses the first request (block duration %d)',
    async (block) => {
      const { storage } = create();
      const record = await storage.increment(`zero ${block}`, 1000, 0, block, 'default');
      expect(record).toMatchObject({ totalHits: 1, isBlocked: true, timeToBlockExpire: 1 });
    },
  );

  it('counts each request for its own time to live', async () => {
    const { storage, wait } = create();
    await storage.increment('each', 1200, 9, 1000, 'default');
    await wait(800);
    await storage.increment('each', 1200, 9, 1000, 'default');
    await wait(600);
    const record = await storage.increment('each', 1200, 9, 1000, 'default');
    expect(record.totalHits).toBe(2);
  });

  it('lets exactly the limit of 50 parallel requests through', async () => {
    const { storage } = create();
    const records = await Promise.all(
      Array.from({ length: 50 }, () => storage.increment('burst', 60_000, 20, 60_000, 'default')),
    );
    expect(records.filter(({ isBlocked }) => !isBlocked)).toHaveLength(20);
  });
}
