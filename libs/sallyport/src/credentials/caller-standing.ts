import { Inject, Injectable } from '@nestjs/common';
import type { ApiKey } from '../api-keys/api-key.js';
import { ApiKeyDirectory } from '../api-keys/api-key.directory.js';
import { ClientDirectory } from '../clients/client.directory.js';
import type { Client, UserAgentRule } from '../clients/client.js';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import type { Caller } from '../principals/caller.js';
import { digestOf } from '../revocation/replica/fingerprint.js';
import { RevocationReplica } from '../revocation/replica/revocation.replica.js';
import { WORDS } from '../revocation/check/revocation-check.js';
import { RevocationChecker } from '../revocation/check/revocation.checker.js';
import {
  REVOCATION_OPTIONS,
  type ResolvedRevocationOptions,
} from '../revocation/revocation.options.js';
import { revocationKey, type ChangedRecord } from '../revocation/revocation.js';
import { RoleGrantService } from '../role-grants/role-grant.service.js';
import { UserStatusService } from '../users/user-status.service.js';
import type { VerificationKey } from './bearer/keys/verification-keys.js';
import { assertConstrained } from './sender-constraint.js';
import { ClientSignatureKeys } from './signature/client-signature-keys.js';
import type { Verified } from './verified.js';

/** Whether a caller that was let in would be let in again, with all that it could do. */
@Injectable()
export class CallerStanding {
  /** As they were when they were first asked about: callers do not say from where they came, or in which build. */
  private readonly builds = new WeakMap<Caller, UserAgentRule | null>();
  private readonly addresses = new WeakMap<Verified, readonly string[]>();
  private readonly signedBy = new WeakMap<Verified, VerificationKey>();

  constructor(
    private readonly revocations: RevocationChecker,
    private readonly replica: RevocationReplica,
    private readonly clients: ClientDirectory,
    private readonly users: UserStatusService,
    private readonly keys: ApiKeyDirectory,
    private readonly roleGrants: RoleGrantService,
    private readonly clientKeys: ClientSignatureKeys,
    private readonly clock: Clock,
    @Inject(REVOCATION_OPTIONS) private readonly options: ResolvedRevocationOptions,
  ) {}

  /** Under which changes are told that may concern the caller. */
  hashesOf({ client, user }: Caller, verified: readonly Verified[]): readonly number[] {
    const records: ChangedRecord[] = [{ kind: 'client-record', clientId: client.clientId }];
    if (user !== null) {
      records.push({ kind: 'user-record', issuer: user.issuer, subject: user.subject });
    }
    for (const { credential } of verified) {
      if (credential.kind === 'api-key' && credential.id !== null) {
        records.push({ kind: 'api-key-record', apiKeyId: credential.id });
      }
    }
    const hashes = new Set(records.map((record) => this.hashOf(record)));
    for (const { revocation } of verified) {
      for (let at = 0; at < revocation.words.length; at += WORDS) {
        hashes.add(revocation.words[at] ?? 0);
      }
    }
    return [...hashes];
  }

  /** Throws what the caller would be refused with; else returns until when it stands, in milliseconds since 1970. */
  async assertStands(caller: Caller, verified: readonly Verified[]): Promise<number> {
    // First, and without any store: a token ends though they are away.
    for (const one of verified) {
      if (one.credential.kind === 'access-token') this.assertUnexpired(this.ownEndOf(one));
    }
    await this.revocations.assertNotRevoked(verified, 'stale');
    const client = await this.assertClient(caller, verified);
    await this.assertUser(caller, verified);
    let endsAt = Infinity;
    for (const one of verified) endsAt = Math.min(endsAt, await this.endOf(one, caller, client));
    this.assertUnexpired(endsAt);
    return endsAt;
  }

  private assertUnexpired(endsAt: number): void {
    if (endsAt > this.clock.milliseconds()) return;
    throw new SallyportError('ERR_CREDENTIAL_EXPIRED', { reason: 'it expired while in use' });
  }

  private async assertClient(caller: Caller, verified: readonly Verified[]): Promise<Client> {
    const { clientId } = caller.client;
    const client = await this.clients.find(clientId);
    if (client?.disabledAt !== null) {
      throw new SallyportError('ERR_CLIENT_DISABLED', { reason: `client ${clientId}` });
    }
    assertHolds(caller.scope, new Set(client.scope));
    const before = keptFirst(this.builds, caller, client.userAgent);
    const isNarrowed = JSON.stringify(before) !== JSON.stringify(client.userAgent);
    if (client.userAgent !== null && isNarrowed) throw narrowed();
    assertConstrained(client, verified);
    return client;
  }

  /** Roles that a token names are those of its issue: a change makes it stale. */
  private async assertUser({ user, client, roles }: Caller, verified: readonly Verified[]) {
    if (user === null) return;
    if (await this.users.isSuspended(user)) {
      throw new SallyportError('ERR_USER_SUSPENDED', { reason: `user ${user.subject}` });
    }
    if (verified.some((one) => one.user !== null && one.roles !== null)) return;
    assertHolds(roles, await this.roleGrants.rolesOf(user, client.clientId));
  }

  private async endOf(one: Verified, { scope }: Caller, client: Client): Promise<number> {
    const { kind, id } = one.credential;
    if (kind === 'client-key') await this.assertSigner(one, client);
    if (kind !== 'api-key' || id === null) return this.ownEndOf(one);
    const key = await this.keys.find(id);
    if (key?.revokedAt !== null) {
      throw new SallyportError('ERR_CREDENTIAL_REVOKED', { reason: `API key ${id}` });
    }
    assertHolds(scope, new Set(key.scope));
    this.assertPresentable(one, key);
    return key.expiresAt?.getTime() ?? Infinity;
  }

  /** Of what says itself when it ends. */
  private ownEndOf({ credential, expiresAt }: Verified): number {
    const skew = credential.kind === 'access-token' ? this.options.clockSkewSeconds * 1000 : 0;
    return (expiresAt?.getTime() ?? Infinity) + skew;
  }

  private assertPresentable(one: Verified, { addressRanges, signedOnly }: ApiKey): void {
    const before = keptFirst(this.addresses, one, addressRanges);
    const isEverywhere = addressRanges.length === 0;
    const isAsWide = before.length > 0 && new Set(before).isSubsetOf(new Set(addressRanges));
    const isText = signedOnly && !one.credential.isSigned;
    if (isText || !(isEverywhere || isAsWide)) throw narrowed();
  }

  /** A key of that name that is another one now did not sign this. */
  private async assertSigner(one: Verified, client: Client): Promise<void> {
    const { id } = one.credential;
    const found = id === null ? null : await this.clientKeys.find(client, id);
    if (found !== null && keptFirst(this.signedBy, one, found).key.equals(found.key)) return;
    throw new SallyportError('ERR_CREDENTIAL_REVOKED', { reason: `key ${id ?? ''} of its client` });
  }

  private hashOf(record: ChangedRecord): number {
    return this.replica.fingerprint(digestOf(revocationKey(record))).high;
  }
}

/** Which part of it the open request needs nobody knows: so it may lose none. */
function assertHolds(before: ReadonlySet<string>, now: ReadonlySet<string>): void {
  if (!before.isSubsetOf(now)) throw narrowed();
}

const narrowed = () =>
  new SallyportError('ERR_CREDENTIAL_STALE', {
    reason: 'what it may do was narrowed while it was in use',
  });

function keptFirst<K extends object, V>(kept: WeakMap<K, V>, key: K, value: V): V {
  const known = kept.get(key);
  if (known !== undefined) return known;
  kept.set(key, value);
  return value;
}
