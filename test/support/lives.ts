import { randomBytes } from 'node:crypto';
import type { ChangeStore } from '../../libs/sallyport/src/audit/change.store.js';
import type { Clock } from '../../libs/sallyport/src/clock.js';
import { SystemRandomness, type Randomness } from '../../libs/sallyport/src/randomness.js';
import { SallyportError } from '../../libs/sallyport/src/errors.js';
import { RevocationChecker } from '../../libs/sallyport/src/revocation/check/revocation.checker.js';
import { ExactMarks } from '../../libs/sallyport/src/revocation/check/exact-marks.js';
import type { RevocationSubject } from '../../libs/sallyport/src/revocation/check/revocation-question.js';
import type { Fingerprinting } from '../../libs/sallyport/src/revocation/replica/fingerprint.js';
import { KnownRecords } from '../../libs/sallyport/src/revocation/replica/known-records.js';
import { RevocationFollower } from '../../libs/sallyport/src/revocation/replica/revocation.follower.js';
import { RevocationStatus } from '../../libs/sallyport/src/revocation/replica/revocation.status.js';
import { RevocationReplica } from '../../libs/sallyport/src/revocation/replica/revocation.replica.js';
import {
  RevocationList,
  type ListedRevocation,
} from '../../libs/sallyport/src/revocation/revocation.list.js';
import type { RevocationFollowing } from '../../libs/sallyport/src/revocation/revocation-notice.js';
import { resolveRevocationOptions } from '../../libs/sallyport/src/revocation/revocation.options.js';
import { RevocationPublisher } from '../../libs/sallyport/src/revocation/revocation.publisher.js';
import { RevocationService } from '../../libs/sallyport/src/revocation/revocation.service.js';
import type { RevocationStore } from '../../libs/sallyport/src/revocation/revocation.store.js';
import type { RevocationKey } from '../../libs/sallyport/src/revocation/revocation.js';
import { RoleGrantService } from '../../libs/sallyport/src/role-grants/role-grant.service.js';
import {
  resolveRoles,
  type RoleOptions,
} from '../../libs/sallyport/src/role-grants/role-hierarchy.js';
import { Sealer } from '../../libs/sallyport/src/sealing/sealer.js';
import { CurrentEncryptionKeys } from '../../libs/sallyport/src/encryption-keys/current-encryption-keys.js';
import {
  resolveEncryptionKeyOptions,
  type EncryptionKeyOptions,
} from '../../libs/sallyport/src/encryption-keys/encryption-key.options.js';
import { EncryptionKeyService } from '../../libs/sallyport/src/encryption-keys/encryption-key.service.js';
import { RotateEncryptionKeys } from '../../libs/sallyport/src/encryption-keys/rotate-encryption-keys.js';
import { CurrentSigningKeys } from '../../libs/sallyport/src/signing-keys/current-signing-keys.js';
import { RotateSigningKeys } from '../../libs/sallyport/src/signing-keys/rotate-signing-keys.js';
import {
  resolveSigningKeyOptions,
  type SigningKeyOptions,
} from '../../libs/sallyport/src/signing-keys/signing-key.options.js';
import { SigningKeyService } from '../../libs/sallyport/src/signing-keys/signing-key.service.js';
import { MemoryChangeStore } from '../../libs/sallyport/src/stores/memory/memory-change.store.js';
import { MemoryConsentStore } from '../../libs/sallyport/src/stores/memory/memory-consent.store.js';
import { MemoryDatabase } from '../../libs/sallyport/src/stores/memory/memory-database.js';
import { MemoryFamilies } from '../../libs/sallyport/src/stores/memory/memory-families.js';
import { MemoryGrantStore } from '../../libs/sallyport/src/stores/memory/memory-grant.store.js';
import { MemoryLoginSessionStore } from '../../libs/sallyport/src/stores/memory/memory-login-session.store.js';
import { MemoryOpaqueTokenStore } from '../../libs/sallyport/src/stores/memory/memory-opaque-token.store.js';
import { MemoryRevocationList } from '../../libs/sallyport/src/stores/memory/memory-revocation.list.js';
import { MemoryRevocationStore } from '../../libs/sallyport/src/stores/memory/memory-revocation.store.js';
import { MemoryRoleGrantStore } from '../../libs/sallyport/src/stores/memory/memory-role-grant.store.js';
import { MemoryRotatedKeyStore } from '../../libs/sallyport/src/stores/memory/memory-rotated-key.store.js';
import type { EncryptionKey } from '../../libs/sallyport/src/encryption-keys/encryption-key.js';
import type { SigningKey } from '../../libs/sallyport/src/signing-keys/signing-key.js';
import { MemoryUserStateStore } from '../../libs/sallyport/src/stores/memory/memory-user-state.store.js';
import { MemoryUserTokenStore } from '../../libs/sallyport/src/stores/memory/memory-user-token.store.js';
import { FrozenClock } from '../../libs/sallyport/src/testing/frozen-clock.js';
import type { Transactions } from '../../libs/sallyport/src/transactions/transaction.js';
import { UserStatusService } from '../../libs/sallyport/src/users/user-status.service.js';

export const ISSUER = 'https://api.example.com/oauth';

/** A list that can be flushed, and put out of reach, like the server that it stands for. */
export class FragileRevocationList extends RevocationList {
  isOutOfReach = false;
  checks = 0;
  published: ListedRevocation[] = [];
  private inner: MemoryRevocationList;

  constructor(private readonly clock: FrozenClock) {
    super();
    this.inner = new MemoryRevocationList(clock);
  }

  lose(): void {
    this.inner = new MemoryRevocationList(this.clock);
  }

  async check(keys: readonly RevocationKey[]): ReturnType<RevocationList['check']> {
    this.checks += 1;
    return this.isOutOfReach ? null : this.inner.check(keys);
  }

  async publish(...[revocations, ...rest]: Parameters<RevocationList['publish']>): Promise<void> {
    this.assertInReach();
    this.published.push(...revocations);
    await this.inner.publish(revocations, ...rest);
  }

  follow(following: RevocationFollowing): () => void {
    return this.inner.follow(following);
  }

  async rebuild(...[pages, ttlSeconds]: Parameters<RevocationList['rebuild']>): Promise<void> {
    this.assertInReach();
    await this.inner.rebuild(pages, ttlSeconds);
  }

  private assertInReach(): void {
    if (this.isOutOfReach) throw new SallyportError('ERR_STORE_UNAVAILABLE');
  }
}

/** One durable store and one list, as several instances share them. */
export function createSharedStores(now = new Date('2030-01-01T00:00:00Z')) {
  const clock = new FrozenClock(now);
  const database = new MemoryDatabase();
  const families = new MemoryFamilies(database);
  return {
    clock,
    randomness: new SystemRandomness(),
    database,
    changes: new MemoryChangeStore(database),
    consents: new MemoryConsentStore(database),
    grants: new MemoryGrantStore(families),
    logins: new MemoryLoginSessionStore(database),
    opaqueTokens: new MemoryOpaqueTokenStore(families),
    revocations: new MemoryRevocationStore(database),
    roleGrants: new MemoryRoleGrantStore(database),
    encryptionKeys: new MemoryRotatedKeyStore<EncryptionKey>(database),
    signingKeys: new MemoryRotatedKeyStore<SigningKey>(database),
    userStates: new MemoryUserStateStore(database),
    userTokens: new MemoryUserTokenStore(families),
    list: new FragileRevocationList(clock),
    kek: { kid: 'test', key: randomBytes(32) },
  };
}

export type SharedStores = ReturnType<typeof createSharedStores>;

interface RevocationParts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly database: Transactions;
  readonly changes: ChangeStore;
  readonly revocations: RevocationStore;
  readonly list: RevocationList;
}

/** The revocation services of one instance of the app. */
export function createRevocation(stores: RevocationParts, fingerprinting?: Fingerprinting) {
  const { clock, randomness, database, changes, revocations, list } = stores;
  const options = resolveRevocationOptions({}, []);
  const replica = new RevocationReplica(options, fingerprinting);
  const status = new RevocationStatus(replica, clock);
  const follower = new RevocationFollower(
    ...([replica, revocations, list] as const),
    status,
    clock,
  );
  const publisher = new RevocationPublisher(revocations, list, replica, clock, options);
  const service = new RevocationService(
    revocations,
    database,
    changes,
    publisher,
    clock,
    randomness,
  );
  const records = new KnownRecords(replica, clock);
  const exact = new ExactMarks(revocations, replica, clock);
  const checker = new RevocationChecker(replica, exact, clock, options);
  /** Up to date with what was committed. */
  const assertNotRevoked = async (...subjects: readonly RevocationSubject[]): Promise<void> => {
    await follower.turn();
    await checker.assertNotRevoked(
      subjects.map((subject) => ({ revocation: checker.checkOf(subject) })),
    );
  };
  return {
    replica,
    status,
    records,
    exact,
    follower,
    publisher,
    service,
    checker,
    assertNotRevoked,
  };
}

export type RevocationOfInstance = ReturnType<typeof createRevocation>;

export function createRoleGrants(
  stores: SharedStores,
  roles?: RoleOptions,
  { service, records }: RevocationOfInstance = createRevocation(stores),
): RoleGrantService {
  const { roleGrants, database, changes, clock, randomness } = stores;
  const hierarchy = resolveRoles(roles, []);
  const shared = [service, database, changes, clock, randomness] as const;
  return new RoleGrantService(roleGrants, hierarchy, ...shared, records);
}

export function createUserStatus(
  stores: SharedStores,
  { service, records }: RevocationOfInstance = createRevocation(stores),
): UserStatusService {
  const { userStates, database, changes, clock, randomness } = stores;
  const shared = [service, database, changes, clock, randomness] as const;
  return new UserStatusService(userStates, ...shared, records);
}

export function createSigningKeys(
  stores: SharedStores,
  options: SigningKeyOptions = {},
  maxTokenLifetimeSeconds = 86_400,
): SigningKeyService {
  const { signingKeys, database, changes, clock, randomness, kek } = stores;
  const mistakes: string[] = [];
  const ownTokens = { issuer: ISSUER, maxTokenLifetimeSeconds, clockSkewSeconds: 30 };
  const resolved = resolveSigningKeyOptions(options, ownTokens, mistakes);
  if (mistakes.length > 0) throw new TypeError(mistakes.join('; '));
  const sealer = new Sealer([kek], randomness);
  const rotation = new RotateSigningKeys(
    signingKeys,
    database,
    changes,
    createRevocation(stores).service,
    sealer,
    clock,
    randomness,
    resolved,
  );
  return new SigningKeyService(
    new CurrentSigningKeys(signingKeys, clock),
    rotation,
    sealer,
    resolved,
  );
}

export function createEncryptionKeys(
  stores: SharedStores,
  options: EncryptionKeyOptions | boolean = true,
): EncryptionKeyService {
  const { encryptionKeys, database, changes, clock, randomness, kek } = stores;
  const mistakes: string[] = [];
  const ownTokens = { maxTokenLifetimeSeconds: 86_400, clockSkewSeconds: 30 };
  const resolved = resolveEncryptionKeyOptions(options, false, ownTokens, mistakes);
  if (mistakes.length > 0) throw new TypeError(mistakes.join('; '));
  const sealer = new Sealer([kek], randomness);
  const shared = [database, changes, sealer, clock, randomness] as const;
  return new EncryptionKeyService(
    new CurrentEncryptionKeys(encryptionKeys, clock),
    new RotateEncryptionKeys(encryptionKeys, ...shared, resolved),
    sealer,
    resolved,
  );
}

/** Runs `work` so many times at once, by turns on two instances of the app. */
export function atOnce<I, T>(
  count: number,
  [first, second]: readonly [I, I],
  work: (instance: I) => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => work(index % 2 === 0 ? first : second)),
  );
}
