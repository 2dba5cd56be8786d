import { setImmediate } from 'node:timers/promises';
import { ConcurrencyLimit } from './concurrency-limit.js';

describe('ConcurrencyLimit', () => {
  /** Work that ends when it is told to. */
  const held = () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let hasBegun = false;
    const work = () => {
      hasBegun = true;
      return promise;
    };
    return { work, resolve, reject, hasBegun: () => hasBegun };
  };

  it('runs so many at once, and the next in the order of coming', async () => {
    const limit = new ConcurrencyLimit(2, 2);
    const works = [held(), held(), held(), held()];
    const results = works.map(({ work }) => limit.run(work));
    const begun = () => works.map(({ hasBegun }) => hasBegun());
    await setImmediate();
    expect(begun()).toEqual([true, true, false, false]);
    works[1]?.resolve('second');
    await expect(results[1]).resolves.toBe('second');
    await setImmediate();
    expect(begun()).toEqual([true, true, true, false]);
    for (const [index, { resolve }] of works.entries()) resolve(String(index));
    await expect(Promise.all(results)).resolves.toEqual(['0', 'second', '2', '3']);
  });

  it('sends away what comes when as much waits as may, without starting it', async () => {
    const limit = new ConcurrencyLimit(1, 1);
    const [running, waiting, late] = [held(), held(), held()];
    const results = [limit.run(running.work), limit.run(waiting.work)];
    await expect(limit.run(late.work)).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      context: { retryAfterSeconds: 1 },
    });
    expect(late.hasBegun()).toBe(false);
    running.resolve('');
    waiting.resolve('');
    await Promise.all(results);
    late.resolve('later');
    await expect(limit.run(late.work)).resolves.toBe('later');
  });

  it('gives the place of what failed to the next', async () => {
    const limit = new ConcurrencyLimit(1, 1);
    const [broken, next] = [held(), held()];
    const failing = limit.run(broken.work);
    const waiting = limit.run(next.work);
    broken.reject(new Error('broken'));
    next.resolve('fine');
    await expect(failing).rejects.toThrow('broken');
    await expect(waiting).resolves.toBe('fine');
  });
});
