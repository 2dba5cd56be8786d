import { winnersOf20 } from '../transactions/transactions.contract.js';
import type { Transaction, Transactions } from '../transactions/transaction.js';
import type { LoginSessionStore } from './login-session.store.js';
import type { LoginSession, LoginSessionWrite } from './login-session.js';

interface Opened {
  readonly transactions: Transactions;
  readonly loginSessions: LoginSessionStore;
  close(): Promise<void>;
}

const at = (second: number): Date => new Date(Date.UTC(2030, 0, 1, 0, 0, second, 123));

const session = (id: string, changes: Partial<LoginSession> = {}): LoginSession => ({
  id,
  cookieHash: `hash of ${id}`,
  issuer: 'https://id.example.com',
  subject: 'Алиса "A" \\',
  userEpoch: 3,
  details: { authorizations: { "it's": { sid: '📱', meta: [null, 1.5, false, {}] } } },
  createdAt: at(0),
  expiresAt: at(50),
  endedAt: null,
  ...changes,
});

const writeOf = ({ endedAt: _, ...write }: LoginSession): LoginSessionWrite => write;

/** What every LoginSessionStore must do. */
export function describeLoginSessionStore(open: () => Promise<Opened>): void {
  let stores: Opened;
  beforeEach(async () => {
    stores = await open();
  });
  afterEach(() => stores.close());

  const run = <T>(work: (transaction: Transaction) => Promise<T>) => stores.transactions.run(work);
  const put = (given: LoginSessionWrite) => run((tx) => stores.loginSessions.put(given, tx));
  const end = (tx: Transaction) => stores.loginSessions.end('s', at(5), tx);
  const find = (id: string) => stores.loginSessions.find(id);

  it.each([
    ['signed-in', session('s')],
    ['anonymous', session('s', { issuer: null, subject: null, userEpoch: 0, details: {} })],
    ['expired', session('s', { expiresAt: at(-1000) })],
  ])('finds the %s session as it was written, by id and by cookie', async (_, given) => {
    expect(await put(writeOf(given))).toBe(true);
    expect(await find('s')).toEqual(given);
    expect(await stores.loginSessions.findByCookie(given.cookieHash)).toEqual(given);
  });

  it('keeps its details apart from those of its callers', async () => {
    const details = { list: ['kept'] };
    await put(writeOf(session('s', { details })));
    details.list.push('added after it was written');
    const found = (await find('s')) as { details: typeof details } | null;
    expect(found?.details).toEqual({ list: ['kept'] });
    found?.details.list.push('added to what was found');
    expect((await find('s'))?.details).toEqual({ list: ['kept'] });
  });

  it('writes a session again, but for when it was created', async () => {
    await put(writeOf(session('s', { issuer: null, subject: null })));
    await put(writeOf(session('other')));
    const login = session('s', {
      cookieHash: 'hash of the new cookie',
      userEpoch: 9,
      details: { loginTs: 1 },
      createdAt: at(7),
      expiresAt: at(90),
    });
    expect(await put(writeOf(login))).toBe(true);
    expect(await find('s')).toEqual({ ...login, createdAt: at(0) });
    expect(await stores.loginSessions.findByCookie('hash of s')).toBeNull();
    expect(await find('other')).toEqual(session('other'));
  });

  it('keeps the epoch that is stored when none is given: at first the lowest', async () => {
    const write = { ...writeOf(session('s')), userEpoch: null };
    await put(write);
    expect((await find('s'))?.userEpoch).toBe(0);
    await put({ ...write, userEpoch: 4 });
    await put({ ...write, details: {} });
    expect(await find('s')).toEqual(session('s', { userEpoch: 4, details: {} }));
  });

  it('ends a session once, and does not revive it', async () => {
    await put(writeOf(session('s')));
    await put(writeOf(session('other')));
    expect(await run(end)).toBe(true);
    expect(await run(end)).toBe(false);
    expect(await put(writeOf(session('s', { cookieHash: 'new', userEpoch: 9 })))).toBe(false);
    const ended = session('s', { endedAt: at(5) });
    expect(await find('s')).toEqual(ended);
    expect(await stores.loginSessions.findByCookie(ended.cookieHash)).toEqual(ended);
    expect(await find('other')).toEqual(session('other'));
  });

  it('lets one of 20 who end a session win', async () => {
    await put(writeOf(session('s')));
    expect(await winnersOf20(stores.transactions, end)).toBe(1);
  });

  it('leaves a session ended, whoever writes it at the same time', async () => {
    await put(writeOf(session('s')));
    await winnersOf20(stores.transactions, (tx, index) =>
      index === 10 ? end(tx) : stores.loginSessions.put(writeOf(session('s')), tx),
    );
    expect((await find('s'))?.endedAt).toEqual(at(5));
  });

  it('keeps one session when 20 requests write it for the first time', async () => {
    const winners = await winnersOf20(stores.transactions, (tx, index) =>
      stores.loginSessions.put(writeOf(session('s', { details: { index } })), tx),
    );
    expect(winners).toBe(20);
    expect(await find('s')).toMatchObject({ id: 's', createdAt: at(0) });
  });

  it('reads what a transaction would leave, for those who name it', async () => {
    await run(async (transaction) => {
      await stores.loginSessions.put(writeOf(session('s')), transaction);
      expect(await stores.loginSessions.find('s', transaction)).toEqual(session('s'));
    });
  });

  it('undoes what a transaction wrote and ended that fails', async () => {
    await put(writeOf(session('s')));
    const failed = run(async (transaction) => {
      await stores.loginSessions.put(writeOf(session('new')), transaction);
      await stores.loginSessions.put(writeOf(session('s', { userEpoch: 9 })), transaction);
      await end(transaction);
      throw new Error('later step');
    });
    await expect(failed).rejects.toThrow('later step');
    expect(await find('new')).toBeNull();
    expect(await find('s')).toEqual(session('s'));
  });

  it('prunes as many as asked of those that expired before an instant', async () => {
    await put(writeOf(session('a', { expiresAt: at(1) })));
    await put(writeOf(session('b', { expiresAt: at(2) })));
    await put(writeOf(session('c', { expiresAt: at(2) })));
    await put(writeOf(session('d', { expiresAt: at(3) })));
    expect(await stores.loginSessions.prune(at(3), 2)).toBe(2);
    expect(await stores.loginSessions.prune(at(3), 2)).toBe(1);
    expect(await stores.loginSessions.prune(at(3), 2)).toBe(0);
    const left = await Promise.all(['a', 'b', 'c', 'd'].map(find));
    expect(left.map((found) => found?.id)).toEqual([undefined, undefined, undefined, 'd']);
  });

  it.each(["a'b", 'a\0b', '\ud800', '', '%', 'x'.repeat(5000)])(
    'finds nothing under the hostile text %#, and the transaction stays usable',
    async (text) => {
      await put(writeOf(session('s')));
      expect(await find(text)).toBeNull();
      expect(await stores.loginSessions.findByCookie(text)).toBeNull();
      await run(async (transaction) => {
        expect(await stores.loginSessions.find(text, transaction)).toBeNull();
        expect(await stores.loginSessions.end(text, at(5), transaction)).toBe(false);
        expect(await end(transaction)).toBe(true);
      });
    },
  );

  it.each<Partial<LoginSession>>([
    { id: 'a\0b' },
    { cookieHash: '\udfff' },
    { subject: 'x'.repeat(5000) },
    { details: { deep: [{ text: 'a\0b' }] } },
  ])('refuses to keep the hostile text %#, and the transaction stays usable', async (changes) => {
    await run(async (transaction) => {
      const refused = stores.loginSessions.put(writeOf(session('a', changes)), transaction);
      await expect(refused).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      await stores.loginSessions.put(writeOf(session('b')), transaction);
    });
    expect(await find('b')).toEqual(session('b'));
  });

  it('ends the user’s other sessions, and nobody else’s', async () => {
    const user = { issuer: 'https://id.example.com', subject: 'Алиса "A" \\' };
    await put(writeOf(session('kept')));
    for (const id of ['a', 'b', 'c']) await put(writeOf(session(id)));
    await put(writeOf(session('of another', { subject: 'bob' })));
    await put(writeOf(session('of a namesake', { issuer: 'https://other.example.com' })));
    await put(writeOf(session('anonymous', { issuer: null, subject: null })));
    await run((tx) => stores.loginSessions.end('c', at(1), tx));
    const endOthers = () => run((tx) => stores.loginSessions.endOthers(user, 'kept', at(5), tx));
    expect(await endOthers()).toBe(2);
    expect(await endOthers()).toBe(0);
    const endings = new Map<string, Date | null | undefined>();
    for (const id of ['kept', 'a', 'b', 'c', 'of another', 'of a namesake', 'anonymous']) {
      endings.set(id, (await find(id))?.endedAt);
    }
    const stands = null;
    expect(Object.fromEntries(endings)).toEqual({
      kept: stands,
      a: at(5),
      b: at(5),
      c: at(1),
      'of another': stands,
      'of a namesake': stands,
      anonymous: stands,
    });
    const hostile = run((tx) =>
      stores.loginSessions.endOthers({ ...user, subject: 'a\0b' }, 'kept', at(5), tx),
    );
    expect(await hostile).toBe(0);
  });
}
