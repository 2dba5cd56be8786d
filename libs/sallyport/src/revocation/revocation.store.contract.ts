import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { RevocationStore } from './revocation.store.js';
import { revocationKey, type Revocation, type RevocationTarget } from './revocation.js';

interface Opened {
  readonly transactions: Transactions;
  readonly revocations: RevocationStore;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

const issuer = 'https://id.example.com';
const token = (jti: string): RevocationTarget => ({ kind: 'token', issuer, jti });
const user: RevocationTarget = { kind: 'user', issuer, subject: 'Алиса "A"' };

const revocation = (
  target: RevocationTarget,
  second: number,
  changes: Partial<Revocation> = {},
): Omit<Revocation, 'epoch'> => ({
  key: revocationKey(target),
  kind: target.kind,
  revokedAt: at(second),
  actor: 'client:operator',
  reason: 'lost 📱',
  changedAt: at(second),
  ...changes,
});

/** What every RevocationStore must do. */
export function describeRevocationStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const raise = (given: Omit<Revocation, 'epoch'>) =>
    run((tx) => stores.revocations.raise(given, tx));
  const markOf = async (target: RevocationTarget) =>
    (await stores.revocations.marks([revocationKey(target)]))[0];
  const keysOf = (rows: readonly Pick<Revocation, 'key'>[]) => rows.map(({ key }) => key);

  it('answers marks in the order of the keys, null for what was never revoked', async () => {
    await raise(revocation(user, 1));
    await raise(revocation(user, 2));
    await raise(revocation(token('t1'), 3));
    const keys = [token('t1'), token('t2'), user, token('t1')].map(revocationKey);
    const once = { epoch: 1, revokedAt: at(3) };
    expect(await stores.revocations.marks([...keys, 'a\0b'])).toEqual([
      once,
      null,
      { epoch: 2, revokedAt: at(2) },
      once,
      null,
    ]);
    expect(await stores.revocations.marks([])).toEqual([]);
  });

  it('returns the mark as it then stands', async () => {
    expect(await raise(revocation(user, 5))).toEqual({ epoch: 1, revokedAt: at(5) });
    expect(await raise(revocation(user, 6, { revokedAt: null }))).toEqual({
      epoch: 2,
      revokedAt: at(5),
    });
    expect(await raise(revocation(user, 1))).toEqual({ epoch: 3, revokedAt: at(5) });
    expect(await raise(revocation(user, 9))).toEqual({ epoch: 4, revokedAt: at(9) });
  });

  it('reads what a transaction would leave, for those who name it', async () => {
    await run(async (transaction) => {
      const mark = await stores.revocations.raise(revocation(user, 1), transaction);
      const keys = [revocationKey(user)];
      expect(await stores.revocations.marks(keys, transaction)).toEqual([mark]);
    });
  });

  it('keeps null where only the epoch was raised', async () => {
    expect(await raise(revocation(user, 1, { revokedAt: null }))).toEqual({
      epoch: 1,
      revokedAt: null,
    });
  });

  it('counts every one of 20 revocations at once', async () => {
    const marks = await Promise.all(
      Array.from({ length: 20 }, (_, index) => raise(revocation(user, index))),
    );
    const epochs = marks.map(({ epoch }) => epoch).sort((a, b) => a - b);
    expect(epochs).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await markOf(user)).toEqual({ epoch: 20, revokedAt: at(19) });
  });

  it('puts committed revocations into the outbox, oldest first, and none that was rolled back', async () => {
    await raise(revocation(token('t2'), 2));
    await raise(revocation(token('t1'), 1, { reason: null }));
    const failed = run(async (transaction) => {
      await stores.revocations.raise(revocation(token('t0'), 0), transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    const rows = await stores.revocations.unpublished(10);
    expect(rows).toEqual([
      { ...revocation(token('t1'), 1, { reason: null }), epoch: 1 },
      { ...revocation(token('t2'), 2), epoch: 1 },
    ]);
    expect(keysOf(await stores.revocations.unpublished(1))).toEqual([revocationKey(token('t1'))]);
    expect(await markOf(token('t0'))).toBeNull();
  });

  it('takes what was published out of the outbox, unless it was raised again since', async () => {
    await raise(revocation(token('t1'), 1));
    await raise(revocation(user, 2));
    const published = await stores.revocations.unpublished(10);
    await raise(revocation(user, 3));
    await stores.revocations.markPublished(published);
    await stores.revocations.markPublished([]);
    const left = await stores.revocations.unpublished(10);
    expect(left).toEqual([{ ...revocation(user, 3), epoch: 2 }]);
    await stores.revocations.markPublished(left);
    expect(await stores.revocations.unpublished(10)).toEqual([]);
  });

  it('puts a published revocation back into the outbox when it is raised again', async () => {
    await raise(revocation(user, 1));
    await stores.revocations.markPublished(await stores.revocations.unpublished(10));
    await raise(revocation(user, 2));
    expect(await stores.revocations.unpublished(10)).toHaveLength(1);
  });

  it('pages through what changed at or after an instant, in order of the keys', async () => {
    for (const [jti, second] of [
      ['c', 5],
      ['B', 6],
      ['a', 5],
      ['old', 4],
      ['b', 9],
    ] as const) {
      await raise(revocation(token(jti), second));
    }
    const first = await stores.revocations.changedSince(at(5), null, 3);
    const second = await stores.revocations.changedSince(at(5), first[2]?.key ?? '', 3);
    const expected = ['B', 'a', 'b', 'c'].map((jti) => revocationKey(token(jti)));
    expect([...keysOf(first), ...keysOf(second)]).toEqual(expected);
    const { actor: _, reason: __, ...change } = revocation(token('B'), 6);
    expect(first[0]).toMatchObject({ ...change, epoch: 1 });
  });

  it('does not date a change back when a slower clock makes one', async () => {
    await raise(revocation(user, 9));
    await raise(revocation(user, 1));
    expect(await stores.revocations.changedSince(at(9), null, 10)).toHaveLength(1);
  });

  describe('tells what was committed since', () => {
    const since = async (cursor: string, limit = 100) => {
      const told = await stores.revocations.changesSince(cursor, limit);
      if (told === null) throw new TypeError('the cursor means nothing any more');
      return told;
    };
    const namesOf = (told: { readonly changes: readonly { readonly key: string }[] }) =>
      told.changes.map(({ key }) => key).sort();
    const keysNamed = (...names: string[]) => names.map((jti) => revocationKey(token(jti))).sort();

    it('a position, and nothing that it had seen', async () => {
      await raise(revocation(token('before'), 1));
      const position = await stores.revocations.position();
      expect(await since(position)).toMatchObject({ changes: [], isComplete: true });
      await raise(revocation(token('after'), 2));
      const told = await since(position);
      const { actor: _, reason: __, ...change } = revocation(token('after'), 2);
      expect(told.changes).toMatchObject([{ ...change, epoch: 1 }]);
      expect((await since(told.cursor)).changes).toEqual([]);
    });

    it('what was raised again, with its epoch of now', async () => {
      await raise(revocation(user, 1));
      const position = await stores.revocations.position();
      await raise(revocation(user, 2));
      const told = await since(position);
      expect(told.changes).toMatchObject([{ epoch: 2, revokedAt: at(2) }]);
    });

    it('nothing of what is only marked as published, or was rolled back', async () => {
      await raise(revocation(user, 1));
      const position = await stores.revocations.position();
      await stores.revocations.markPublished(await stores.revocations.unpublished(10));
      const failed = run(async (transaction) => {
        await stores.revocations.raise(revocation(token('t0'), 0), transaction);
        throw new Error('later step');
      });
      await expect(failed).rejects.toThrow('later step');
      expect((await since(position)).changes).toEqual([]);
    });

    it('all, in pages, each once, and what comes meanwhile after them', async () => {
      const position = await stores.revocations.position();
      await run(async (transaction) => {
        for (const name of ['a', 'b', 'c']) {
          await stores.revocations.raise(revocation(token(name), 1), transaction);
        }
      });
      await raise(revocation(token('d'), 2));
      const first = await since(position, 2);
      expect(first).toMatchObject({ isComplete: false, changes: { length: 2 } });
      await raise(revocation(token('e'), 3));
      const seen = [...namesOf(first)];
      let told = first;
      for (let page = 0; page < 10 && !(told.isComplete && told.changes.length === 0); page++) {
        told = await since(told.cursor, 2);
        seen.push(...namesOf(told));
      }
      expect([...new Set(seen)].sort()).toEqual(keysNamed('a', 'b', 'c', 'd', 'e'));
    });

    it('every one of 50 at once to whoever asks all the time', async () => {
      let cursor = await stores.revocations.position();
      const seen = new Set<string>();
      const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
      const raising = Promise.all(names.map((name) => raise(revocation(token(name), 1))));
      const raised = { isOver: false };
      void raising.finally(() => (raised.isOver = true));
      for (let quiet = 0; quiet < 2;) {
        const told = await since(cursor, 7);
        for (const name of namesOf(told)) seen.add(name);
        cursor = told.cursor;
        quiet = raised.isOver && told.isComplete && told.changes.length === 0 ? quiet + 1 : 0;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await raising;
      expect([...seen].sort()).toEqual(keysNamed(...names));
    });
  });

  it('prunes old revocations of the kinds that are named, no more than asked', async () => {
    const session: RevocationTarget = { kind: 'session', issuer, sid: 'old' };
    const client: RevocationTarget = { kind: 'client', clientId: 'c' };
    const kept = [token('new'), session, user, client];
    for (const target of [token('a'), token('b'), token('c'), session, user, client]) {
      await raise(revocation(target, 1));
    }
    await raise(revocation(token('new'), 5));
    expect(await stores.revocations.prune(['token', 'grant'], at(5), 2)).toBe(2);
    expect(await stores.revocations.prune(['token', 'grant'], at(5), 2)).toBe(1);
    expect(await stores.revocations.prune(['token', 'grant'], at(5), 2)).toBe(0);
    for (const jti of ['a', 'b', 'c']) expect(await markOf(token(jti))).toBeNull();
    for (const target of kept) expect(await markOf(target)).not.toBeNull();
  });

  it.each(['a\0b', '\udfff', 'x'.repeat(5000)])(
    'refuses to keep the key %#, and the transaction stays usable',
    async (key) => {
      await run(async (transaction) => {
        const refused = stores.revocations.raise(revocation(user, 1, { key }), transaction);
        await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
        await stores.revocations.raise(revocation(user, 1), transaction);
      });
      expect(await markOf(user)).toEqual({ epoch: 1, revokedAt: at(1) });
    },
  );
}
