import type { ListedRevocation, RevocationList } from './revocation.list.js';
import type { RevocationNotice } from './revocation-notice.js';
import { digestOf } from './replica/fingerprint.js';
import { revocationKey } from './revocation.js';

export interface RevocationListUnderTest {
  /** The same list, as two instances see it. Empty and not yet trusted. */
  readonly lists: readonly [RevocationList, RevocationList];
  wait(seconds: number): Promise<void>;
}

const key = (jti: string): string => revocationKey({ kind: 'token', issuer: 'https://a', jti });
const mark = (name: string, epoch: number, revokedAt: Date | null = null): ListedRevocation => ({
  key: key(name),
  epoch,
  revokedAt,
});

/** A page function as `RevocationStore` would feed it. */
export const pagesOf = (...pages: (readonly ListedRevocation[])[]) =>
  async function* (): AsyncGenerator<readonly ListedRevocation[]> {
    for (const page of pages) yield await Promise.resolve(page);
  };

/** What every RevocationList must do. Each adapter's spec calls this with its own list. */
export function describeRevocationList(create: () => Promise<RevocationListUnderTest>): void {
  const at = new Date('2030-01-01T00:00:00.123Z');

  it('vouches for nothing before its first rebuild, even when something was published', async () => {
    const { lists } = await create();
    await lists[0].publish([mark('a', 1)], 60);
    expect(await lists[0].check([key('a')])).toBeNull();
  });

  it('answers marks in the order of the keys after a rebuild, null where nothing is listed', async () => {
    const { lists } = await create();
    await lists[0].rebuild(pagesOf([mark('a', 1, at)], [mark('b', 7)]), 60);
    expect(await lists[1].check([key('b'), key('none'), key('a')])).toEqual([
      { epoch: 7, revokedAt: null },
      null,
      { epoch: 1, revokedAt: at },
    ]);
    expect(await lists[1].check([])).toEqual([]);
  });

  it('keeps what was published before and during the rebuild', async () => {
    const { lists } = await create();
    await lists[1].publish([mark('before', 3)], 60);
    const pages = async function* (): AsyncGenerator<readonly ListedRevocation[]> {
      yield [mark('before', 2)];
      await lists[1].publish([mark('during', 5)], 60);
      yield [mark('during', 4)];
    };
    await lists[0].rebuild(pages, 60);
    const marks = await lists[0].check([key('before'), key('during')]);
    expect(marks?.map((found) => found?.epoch)).toEqual([3, 5]);
  });

  it('never takes an epoch, a time or a life back, in whatever order they come', async () => {
    const { lists, wait } = await create();
    await lists[0].rebuild(pagesOf(), 60);
    await lists[0].publish([mark('a', 5, at)], 60);
    await lists[1].publish([mark('a', 4, new Date(at.getTime() - 1000))], 1);
    await lists[1].publish([mark('a', 1)], 1);
    await wait(1.1);
    expect(await lists[0].check([key('a')])).toEqual([{ epoch: 5, revokedAt: at }]);
  });

  it('ends with the highest of 20 parallel revocations [W9]', async () => {
    const { lists } = await create();
    await lists[0].rebuild(pagesOf(), 60);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        lists[n % 2 === 0 ? 0 : 1].publish([mark('a', n + 1)], 60),
      ),
    );
    expect(await lists[1].check([key('a')])).toEqual([{ epoch: 20, revokedAt: null }]);
  });

  it('forgets a revocation when its life is over', async () => {
    const { lists, wait } = await create();
    await lists[0].rebuild(pagesOf(), 60);
    await lists[0].publish([mark('short', 1)], 1);
    expect(await lists[0].check([key('short')])).toEqual([{ epoch: 1, revokedAt: null }]);
    await wait(1.1);
    expect(await lists[0].check([key('short')])).toEqual([null]);
  });

  it('remembers for longer what says so itself', async () => {
    const { lists, wait } = await create();
    await lists[0].rebuild(pagesOf([{ ...mark('filled', 1), ttlSeconds: 60 }]), 30);
    await lists[0].publish([mark('short', 1), { ...mark('long', 1), ttlSeconds: 60 }], 1);
    await wait(1.1);
    const marks = await lists[1].check([key('short'), key('long'), key('filled')]);
    expect(marks?.map((found) => found?.epoch)).toEqual([undefined, 1, 1]);
  });

  it('does nothing when it is whole', async () => {
    const { lists } = await create();
    await lists[0].rebuild(pagesOf(), 60);
    let asked = 0;
    const pages = async function* (): AsyncGenerator<readonly ListedRevocation[]> {
      asked++;
      yield await Promise.resolve([]);
    };
    await lists[1].rebuild(pages, 60);
    expect(asked).toBe(0);
  });

  it('stays untrusted when the rebuild fails midway', async () => {
    const { lists } = await create();
    const pages = async function* (): AsyncGenerator<readonly ListedRevocation[]> {
      yield await Promise.resolve([mark('a', 1)]);
      throw new Error('database gone');
    };
    await expect(lists[0].rebuild(pages, 60)).rejects.toThrow('database gone');
    expect(await lists[1].check([key('a')])).toBeNull();
    await lists[1].rebuild(pagesOf([mark('a', 1)]), 60);
    expect(await lists[0].check([key('a')])).toEqual([{ epoch: 1, revokedAt: null }]);
  });

  describe('tells those who follow', () => {
    const notice = (name: string, kind: RevocationNotice['kind'] = 'token'): RevocationNotice => ({
      kind,
      digest: digestOf(key(name)).subarray(0, 16),
      epoch: 7,
      revokedAt: at.getTime(),
      changedAt: at.getTime() + 1,
    });
    const stops: (() => void)[] = [];
    afterEach(() => {
      for (const stop of stops.splice(0)) stop();
    });
    const follow = async (list: RevocationList) => {
      const told: RevocationNotice[] = [];
      const counts = { missed: 0 };
      const ready = Promise.withResolvers<undefined>();
      const stop = list.follow({
        heard: (notices) => told.push(...notices),
        missed: () => {
          counts.missed++;
          ready.resolve(undefined);
        },
        lost: () => undefined,
      });
      stops.push(stop);
      await ready.promise;
      return { told, counts, stop };
    };
    const heardSo = async ({ told }: { told: readonly unknown[] }, count: number) => {
      for (let tries = 0; tries < 200 && told.length < count; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return told;
    };

    it('whichever instance publishes, in the order in which it does [C65]', async () => {
      const { lists } = await create();
      const both = [await follow(lists[0]), await follow(lists[1])] as const;
      await lists[0].publish([mark('a', 7, at)], 60, [notice('a')]);
      await lists[1].publish([], 60, [notice('b', 'user-record'), notice('c', 'issuer')]);
      for (const one of both) {
        expect(await heardSo(one, 3)).toEqual([
          notice('a'),
          notice('b', 'user-record'),
          notice('c', 'issuer'),
        ]);
      }
    });

    it('that they may have missed something, once, before anything else', async () => {
      const { lists } = await create();
      await lists[0].publish([], 60, [notice('before')]);
      const one = await follow(lists[1]);
      await lists[0].publish([], 60, [notice('after')]);
      expect(await heardSo(one, 1)).toEqual([notice('after')]);
      expect(one.counts.missed).toBe(1);
    });

    it('nothing of what only fills the list', async () => {
      const { lists } = await create();
      const one = await follow(lists[0]);
      await lists[1].rebuild(pagesOf([mark('a', 1)]), 60);
      await lists[1].publish([mark('b', 1)], 60);
      await lists[1].publish([], 60, [notice('c')]);
      expect(await heardSo(one, 1)).toEqual([notice('c')]);
    });

    it('every one of a thousand, and nothing after they stop', async () => {
      const { lists } = await create();
      const one = await follow(lists[1]);
      const many = Array.from({ length: 1200 }, (_, n) => notice(`many ${n}`));
      await lists[0].publish([], 60, many);
      expect(await heardSo(one, 1200)).toEqual(many);
      expect(one.counts.missed).toBe(1);
      one.stop();
      const other = await follow(lists[0]);
      await lists[0].publish([], 60, [notice('late')]);
      await heardSo(other, 1);
      expect(one.told).toHaveLength(1200);
    });
  });

  it('publishes thousands at once', async () => {
    const { lists } = await create();
    const many = Array.from({ length: 2500 }, (_, n) => mark(`many ${n}`, n + 1));
    await lists[0].rebuild(pagesOf(many), 60);
    // A server that is still busy with them may not answer in time, and then nothing is vouched for.
    let marks = await lists[1].check([key('many 2499')]);
    for (let tries = 0; marks === null && tries < 20; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      marks = await lists[1].check([key('many 2499')]);
    }
    expect(marks).toEqual([{ epoch: 2500, revokedAt: null }]);
  });
}
