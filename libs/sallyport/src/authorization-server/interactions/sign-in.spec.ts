import {
  createRevocation,
  createSharedStores,
  createUserStatus,
  ISSUER,
} from '../../../../../test/support/lives.js';
import { SecurityEvents, type SecurityEvent } from '../../audit/security-events.js';
import { SallyportError } from '../../errors.js';
import { MemoryEphemeralRecordStore } from '../../stores/memory/memory-ephemeral-record.store.js';
import { MemoryRateLimitStore } from '../../stores/memory/memory-rate-limit.store.js';
import { RateLimiter } from '../../throttling/rate-limiter.js';
import { UserDirectory, type AuthenticatedUser, type PasswordLogin } from '../user-directory.js';
import { resolveSignInOptions, type SignInOptions } from './sign-in.options.js';
import { SignInPace } from './sign-in-pace.js';
import { SignIn, type SignInAttempt } from './sign-in.js';

const PASSWORD = 'correct horse battery staple';
const by = { actor: 'user:bob@backoffice-web' };
const alice = { issuer: ISSUER, subject: 'sub-alice' };

/** Knows `alice` alone, and counts how often a password was looked at. */
class OneUserDirectory extends UserDirectory {
  looked = 0;
  failure: Error | null = null;
  onAuthenticate: () => Promise<unknown> = () => Promise.resolve();
  authenticated: AuthenticatedUser = { subject: alice.subject, amr: ['pwd'] };

  async subjectOf(username: string): Promise<string | null> {
    return username.toLowerCase() === 'alice' ? alice.subject : null;
  }

  async authenticate({ username, password }: PasswordLogin): Promise<AuthenticatedUser | null> {
    this.looked++;
    if (this.failure !== null) throw this.failure;
    await this.onAuthenticate();
    return username.toLowerCase() === 'alice' && password === PASSWORD ? this.authenticated : null;
  }

  async findBySub(subject: string): Promise<{ subject: string } | null> {
    return { subject };
  }

  async claims(): Promise<Record<string, unknown>> {
    return {};
  }
}

function setUp(options: SignInOptions = {}) {
  const stores = createSharedStores();
  const { service: revocations } = createRevocation(stores);
  const users = createUserStatus(stores);
  const events = new SecurityEvents();
  const raised: SecurityEvent[] = [];
  events.subscribe((event) => raised.push(event));
  const directory = new OneUserDirectory();
  const counts = new MemoryRateLimitStore(stores.clock);
  const records = new MemoryEphemeralRecordStore(stores.clock);
  const create = (): SignIn =>
    new SignIn(
      directory,
      new SignInPace(
        new RateLimiter(counts, stores.clock),
        records,
        stores.clock,
        stores.randomness,
        resolveSignInOptions(options, []),
      ),
      revocations,
      users,
      events,
      { issuer: ISSUER },
    );
  const signIn = create();
  const attempt = (some: Partial<SignInAttempt> = {}) =>
    signIn.attempt({
      username: 'alice',
      password: PASSWORD,
      address: '192.0.2.1',
      clientId: 'mobile-app',
      ...some,
    });
  return { ...stores, revocations, users, directory, raised, signIn, other: create(), attempt };
}

const refused = { kind: 'refused' };
const signedIn = {
  kind: 'signed-in',
  login: { subject: alice.subject, userEpoch: 0, amr: ['pwd'] },
};

describe('SignIn', () => {
  it('signs in who knows the password, with the epoch of the user', async () => {
    const { attempt, revocations } = setUp();
    expect(await attempt()).toEqual(signedIn);
    await revocations.revoke({ kind: 'user', ...alice }, by);
    expect(await attempt()).toMatchObject({ login: { userEpoch: 1 } });
  });

  it('gives an epoch from before the password was checked, so that nothing outlives its change', async () => {
    const { attempt, revocations, directory } = setUp();
    directory.onAuthenticate = () => revocations.revoke({ kind: 'user', ...alice }, by);
    expect(await attempt()).toMatchObject({ kind: 'signed-in', login: { userEpoch: 0 } });
  });

  it('answers alike for an unknown name, a wrong password and a suspended user', async () => {
    const { attempt, users, directory } = setUp();
    expect(await attempt({ username: 'mallory' })).toEqual(refused);
    expect(await attempt({ password: 'wrong' })).toEqual(refused);
    await users.suspend(alice, by);
    expect(await attempt()).toEqual(refused);
    expect(directory.looked).toBe(3);
  });

  it('refuses when the directory names someone else than it said the name stands for', async () => {
    const { attempt, directory } = setUp();
    directory.authenticated = { subject: 'sub-bob', amr: ['pwd'] };
    expect(await attempt()).toEqual(refused);
  });

  it.each([
    ['no user name', { username: '' }],
    ['a user name of 257 characters', { username: 'a'.repeat(257) }],
    ['a user name with NUL', { username: 'alice\0' }],
    ['no password', { password: '' }],
    ['a password of 1025 characters', { password: 'a'.repeat(1_025) }],
  ])('refuses %s without asking the directory', async (_, some) => {
    const { attempt, directory } = setUp();
    expect(await attempt(some)).toEqual(refused);
    expect(directory.looked).toBe(0);
  });

  it('asks about the longest user name and password that may be', async () => {
    const { attempt, directory } = setUp();
    await attempt({ username: 'a'.repeat(256), password: 'a'.repeat(1_024) });
    expect(directory.looked).toBe(1);
  });
});

describe('the pace of SignIn', () => {
  it('delays one address at one name, in whatever spelling, before the password is looked at', async () => {
    const { attempt, directory, clock } = setUp({ attempts: 3 });
    for (const username of ['alice', ' ALICE', 'ａlice']) {
      await attempt({ username, password: 'wrong' });
    }
    const delayed = await attempt();
    expect(delayed).toEqual({ kind: 'delayed', retryAfterSeconds: expect.any(Number) });
    expect(directory.looked).toBe(3);
    clock.advance(delayed.kind === 'delayed' ? delayed.retryAfterSeconds : 0);
    expect(await attempt()).toEqual(signedIn);
  });

  it('locks nobody out: the same name from elsewhere, and other names from there, go on', async () => {
    const { attempt } = setUp({ attempts: 1 });
    await attempt({ password: 'wrong' });
    expect(await attempt()).toMatchObject({ kind: 'delayed' });
    expect(await attempt({ address: '192.0.2.2' })).toEqual(signedIn);
    expect(await attempt({ username: 'mallory' })).toEqual(refused);
  });

  it('counts an IPv6 address by its /64', async () => {
    const { attempt } = setUp({ attempts: 1 });
    await attempt({ address: '2001:db8::1', password: 'wrong' });
    expect(await attempt({ address: '2001:db8::2' })).toMatchObject({ kind: 'delayed' });
    expect(await attempt({ address: '2001:db8:0:1::1' })).toEqual(signedIn);
  });

  it('delays an address that fails with many names, and only that, until its time is over', async () => {
    const { attempt, directory, clock } = setUp({ addressAttempts: 3 });
    for (const username of ['a', 'b', 'c']) await attempt({ username });
    const delayed = await attempt();
    expect(delayed).toMatchObject({ kind: 'delayed' });
    expect(directory.looked).toBe(3);
    expect(await attempt({ address: '192.0.2.2' })).toEqual(signedIn);
    clock.advance(delayed.kind === 'delayed' ? delayed.retryAfterSeconds : 0);
    expect(await attempt()).toEqual(signedIn);
  });

  it('holds no success against anyone: people sign in as often as they like', async () => {
    const { attempt } = setUp({ attempts: 2, addressAttempts: 2 });
    for (let count = 0; count < 10; count += 1) expect(await attempt()).toEqual(signedIn);
  });

  it('begins to count anew after a success, for that name and address alone', async () => {
    const { attempt } = setUp({ attempts: 2 });
    await attempt({ username: 'mallory' });
    await attempt({ password: 'wrong' });
    expect(await attempt()).toEqual(signedIn);
    expect(await attempt({ password: 'wrong' })).toEqual(refused);
    expect(await attempt({ password: 'wrong' })).toEqual(refused);
    expect(await attempt()).toMatchObject({ kind: 'delayed' });
    expect(await attempt({ username: 'mallory' })).toEqual(refused);
    expect(await attempt({ username: 'mallory' })).toMatchObject({ kind: 'delayed' });
  });

  it('looks at no more than ten times its share when one address tries many names at once', async () => {
    const { attempt, directory } = setUp({ addressAttempts: 2 });
    const names = Array.from({ length: 40 }, (_, n) => `user-${String(n)}`);
    await Promise.all(names.map((username) => attempt({ username })));
    expect(directory.looked).toBe(20);
  });

  it('looks at no more than its share of 20 passwords tried at once over two instances', async () => {
    const { signIn, other, directory } = setUp({ attempts: 5 });
    const tried = Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? signIn : other).attempt({
        username: 'alice',
        password: `wrong ${n}`,
        address: '192.0.2.1',
        clientId: 'mobile-app',
      }),
    );
    const kinds = (await Promise.all(tried)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(5);
    expect(directory.looked).toBe(5);
  });
});

describe('what SignIn tells', () => {
  it('tells listeners who signed in where, and of a failure no name', async () => {
    const { attempt, raised } = setUp({ attempts: 1 });
    expect(await attempt()).toEqual(signedIn);
    expect(await attempt({ password: 'wrong' })).toEqual(refused);
    expect(await attempt()).toMatchObject({ kind: 'delayed' });
    const failed = { kind: 'sign-in.failed', clientId: 'mobile-app', address: '192.0.2.1' };
    expect(raised).toEqual([{ ...failed, ...alice, kind: 'sign-in.succeeded' }, failed, failed]);
  });

  it('lets what the directory throws through', async () => {
    const { attempt, directory, raised } = setUp();
    directory.failure = new SallyportError('ERR_STORE_UNAVAILABLE', {
      reason: 'the directory failed',
    });
    await expect(attempt()).rejects.toBe(directory.failure);
    expect(raised).toEqual([]);
  });
});

describe('resolveSignInOptions', () => {
  it('has defaults, and names every mistake', () => {
    const mistakes: string[] = [];
    expect(resolveSignInOptions({}, mistakes)).toEqual({
      attempts: 10,
      addressAttempts: 100,
      windowSeconds: 300,
    });
    expect(mistakes).toEqual([]);
    resolveSignInOptions({ attempts: 0, addressAttempts: 1.5, windowSeconds: 86_401 }, mistakes);
    expect(mistakes).toEqual([
      'signIn.attempts must be a whole number from 1 to 1000000',
      'signIn.addressAttempts must be a whole number from 1 to 1000000',
      'signIn.windowSeconds must be a whole number from 1 to 86400',
    ]);
  });
});
