import { Inject, Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { Change, ChangedBy } from '../audit/change.js';
import { ClientStore } from '../clients/client.store.js';
import type { Client } from '../clients/client.js';
import { addSeconds, Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { hashSecret } from '../hashing/secret-hash.js';
import { invalidInput } from '../input.js';
import type { PageRequest } from '../page.js';
import { Randomness } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { ApiKey, ApiKeyChanges } from './api-key.js';
import { ApiKeyDirectory } from './api-key.directory.js';
import { formatApiKey, newApiKeyId, newApiKeySecret } from './api-key-format.js';
import {
  changesIn,
  checkAddressRanges,
  checkedUser,
  checkExpiry,
  checkName,
  checkOverlap,
  checkScope,
  chooseLifetime,
  chooseScope,
  lifetimeToPassOn,
  scopeToPassOn,
  type ApiKeyDemands,
} from './api-key-input.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';
import { ApiKeyStore } from './api-key.store.js';

export interface NewApiKey extends ApiKeyDemands {
  readonly clientId: string;
  readonly name: string;
  /** Makes it a personal key: it acts for this user and dies with the user's suspension. */
  readonly user?: UserId;
  /** May only sign requests; refused as text. @default false */
  readonly signedOnly?: boolean;
}

export interface ImportedApiKey extends ApiKeyDemands {
  readonly clientId: string;
  readonly name: string;
  /** One of `options.apiKeys.foreignPrefixes`. */
  readonly prefix: string;
  /** SHA-256 of the whole text, hex. Only for keys of 128 random bits or more: shorter ones could be guessed from it. */
  readonly sha256: string;
}

/** A new key and its text, together, once: the text is kept nowhere. */
export interface IssuedApiKey {
  readonly apiKey: ApiKey;
  readonly plaintext: string;
}

/**
 * The life of an API key: issue, list, rename, rotate, revoke. Every method that changes something takes who
 * did it, and an optional transaction of the host's to join.
 */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly store: ApiKeyStore,
    private readonly clients: ClientStore,
    private readonly changes: ChangeStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly directory: ApiKeyDirectory,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  /** Throws ERR_NOT_FOUND for an unknown client, ERR_INPUT_INVALID for what is not the client's to give. */
  async issue(key: NewApiKey, by: ChangedBy, transaction?: Transaction): Promise<IssuedApiKey> {
    checkName(key.name);
    checkAddressRanges(key.addressRanges ?? []);
    const user = key.user === undefined ? null : checkedUser(key.user);
    return this.transactions.run(async (inner) => {
      const client = await this.client(key.clientId, inner);
      const epochs = await this.revocations.currentEpochs({ user, clientId: key.clientId }, inner);
      const now = this.clock.now();
      return this.insert(
        {
          name: key.name,
          clientId: key.clientId,
          user,
          scope: chooseScope(client, key, this.options),
          addressRanges: [...(key.addressRanges ?? [])],
          signedOnly: key.signedOnly ?? false,
          clientEpoch: epochs.client,
          userEpoch: epochs.user,
          createdAt: now,
          expiresAt: addSeconds(now, chooseLifetime(key.lifetimeSeconds, this.options)),
        },
        this.change('api-key.issued', by, { client: key.clientId }),
        inner,
      );
    }, transaction);
  }

  /** Takes over a key of another system, whose text only its holder knows. ERR_CONFLICT when it is here already. */
  async import(key: ImportedApiKey, by: ChangedBy, transaction?: Transaction): Promise<ApiKey> {
    checkName(key.name);
    checkAddressRanges(key.addressRanges ?? []);
    if (!this.options.foreignPrefixes.includes(key.prefix)) {
      throw invalidInput('prefix must be one of options.apiKeys.foreignPrefixes');
    }
    if (!/^[0-9a-f]{64}$/.test(key.sha256)) throw invalidInput('sha256 must be 64 hex digits');
    const imported = await this.transactions.run(async (inner) => {
      const client = await this.client(key.clientId, inner);
      const epochs = await this.revocations.currentEpochs({ clientId: key.clientId }, inner);
      const now = this.clock.now();
      const id = newApiKeyId(this.randomness);
      const apiKey: ApiKey = {
        ...NEW_KEY,
        id,
        secretHash: key.sha256,
        prefix: key.prefix,
        isForeign: true,
        environment: this.options.environment,
        name: key.name,
        clientId: key.clientId,
        user: null,
        scope: chooseScope(client, key, this.options),
        addressRanges: [...(key.addressRanges ?? [])],
        signedOnly: false,
        clientEpoch: epochs.client,
        userEpoch: 0,
        createdAt: now,
        expiresAt: addSeconds(now, chooseLifetime(key.lifetimeSeconds, this.options)),
      };
      if (!(await this.store.insert(apiKey, inner))) {
        throw conflict('this API key has been imported before');
      }
      await this.changes.append(
        this.change('api-key.imported', by, { client: key.clientId })(id, now),
        inner,
      );
      return apiKey;
    }, transaction);
    this.directory.evict(imported);
    return imported;
  }

  /** Throws ERR_NOT_FOUND. */
  async get(id: string, transaction?: Transaction): Promise<ApiKey> {
    const key = await this.store.find(id, transaction);
    if (key === null) {
      throw new SallyportError('ERR_NOT_FOUND', {
        reason: 'no such API key',
        detail: 'No such API key.',
      });
    }
    return key;
  }

  /** Newest first, those that ended included. */
  listByClient(clientId: string, page: PageRequest): Promise<readonly ApiKey[]> {
    return this.store.listByClient(clientId, page);
  }

  rename(id: string, name: string, by: ChangedBy, transaction?: Transaction): Promise<void> {
    return this.update(id, { name }, by, transaction);
  }

  /**
   * Changes a key that is not revoked. Narrowing is effective here at once, on other instances within half a
   * second. ERR_CONFLICT for a revoked key, and for the end of one that has ended or been replaced: nothing
   * revives it.
   */
  async update(
    id: string,
    asked: ApiKeyChanges,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<void> {
    const changes = changesIn(asked);
    if (changes.name !== undefined) checkName(changes.name);
    if (changes.addressRanges !== undefined) checkAddressRanges(changes.addressRanges);
    checkExpiry(changes.expiresAt, this.clock.now(), this.options);
    const key = await this.transactions.run(async (inner) => {
      const known = await this.get(id, inner);
      if (changes.scope !== undefined) {
        checkScope(await this.client(known.clientId, inner), changes.scope);
      }
      if (!(await this.store.update(id, changes, inner))) throw conflict('this API key is revoked');
      if (changes.expiresAt !== undefined) await this.assertMayEndElsewhen(known, inner);
      await this.changes.append(
        this.change('api-key.updated', by, { fields: Object.keys(changes).join(' ') })(id),
        inner,
      );
      return known;
    }, transaction);
    this.directory.evict(key);
  }

  /**
   * Gives the key a successor with the same rights, as far as its client still has them. The old one goes on for
   * the overlap (default 24 h), at most until its own end. ERR_CONFLICT when it is revoked, expired or already
   * rotated: of two at once, one wins.
   */
  async rotate(
    id: string,
    by: ChangedBy,
    options: { readonly overlapSeconds?: number } = {},
    transaction?: Transaction,
  ): Promise<IssuedApiKey> {
    const overlapSeconds = options.overlapSeconds ?? this.options.overlapSeconds;
    checkOverlap(overlapSeconds);
    const { old, issued } = await this.transactions.run(async (inner) => {
      const old = await this.get(id, inner);
      const client = await this.client(old.clientId, inner);
      await this.assertNotEnded(old, inner);
      const now = this.clock.now();
      const successorId = newApiKeyId(this.randomness);
      const endsAt = addSeconds(now, overlapSeconds);
      if (!(await this.store.supersede(id, { replacedBy: successorId, at: now, endsAt }, inner))) {
        throw conflict('this API key is revoked, expired, or has been rotated already');
      }
      const issued = await this.insert(
        {
          ...old, // its epochs too: what ends the old key ends this one
          scope: scopeToPassOn(client, old.scope),
          createdAt: now,
          expiresAt: addSeconds(now, lifetimeToPassOn(old, this.options)),
        },
        this.change('api-key.rotated', by, { from: id, client: old.clientId }),
        inner,
        successorId,
      );
      return { old, issued };
    }, transaction);
    this.directory.evict(old);
    return issued;
  }

  /** Final, and effective on every instance within a second. Revoking twice changes nothing; reports whether this call did it. */
  async revoke(id: string, by: ChangedBy, transaction?: Transaction): Promise<boolean> {
    const { key, isRevoked } = await this.transactions.run(async (inner) => {
      const key = await this.get(id, inner);
      const isRevoked = await this.store.revoke(id, this.clock.now(), inner);
      if (isRevoked) await this.revocations.revoke({ kind: 'api-key', apiKeyId: id }, by, inner);
      return { key, isRevoked };
    }, transaction);
    this.directory.evict(key);
    if (transaction === undefined) await this.revocations.publish();
    return isRevoked;
  }

  private async insert(
    key: Omit<ApiKey, 'id' | 'secretHash' | 'prefix' | 'environment' | keyof typeof NEW_KEY>,
    change: (id: string, at: Date) => Change,
    transaction: Transaction,
    id = newApiKeyId(this.randomness),
  ): Promise<IssuedApiKey> {
    const secret = newApiKeySecret(this.randomness);
    const { prefix, environment } = this.options;
    const apiKey: ApiKey = {
      ...key,
      ...NEW_KEY,
      id,
      secretHash: hashSecret(secret),
      prefix,
      environment,
    };
    if (!(await this.store.insert(apiKey, transaction)))
      throw conflict('try again: the id is taken');
    await this.changes.append(change(id, key.createdAt), transaction);
    return { apiKey, plaintext: formatApiKey({ prefix, environment, id, secret }) };
  }

  private async client(clientId: string, transaction: Transaction): Promise<Client> {
    const client = await this.clients.find(clientId, transaction);
    if (client === null) {
      throw new SallyportError('ERR_NOT_FOUND', {
        reason: 'no such client',
        detail: 'No such client.',
      });
    }
    if (client.disabledAt !== null) throw conflict('this client is disabled');
    return client;
  }

  /** Revoking a client or a user raises an epoch, and leaves the records of their keys as they are. */
  private async assertNotEnded(key: ApiKey, transaction: Transaction): Promise<void> {
    const current = await this.revocations.currentEpochs(key, transaction);
    if (key.clientEpoch < current.client || key.userEpoch < current.user) {
      throw conflict('this API key ended when its client or its user was revoked');
    }
  }

  /** Asked after the update, which holds the row: a rotation at the same time has come before it, or comes after. */
  private async assertMayEndElsewhen(before: ApiKey, transaction: Transaction): Promise<void> {
    const { replacedBy } = await this.get(before.id, transaction);
    const isExpired = before.expiresAt !== null && before.expiresAt <= this.clock.now();
    if (isExpired || replacedBy !== null) {
      throw conflict('this API key has expired or was replaced: its end is settled');
    }
  }

  private change(action: string, by: ChangedBy, details: Record<string, string>) {
    return (object: string, at = this.clock.now()): Change =>
      changeOf({ action, object, details }, by, at, this.randomness);
  }
}

/** How every key begins. */
const NEW_KEY = {
  isForeign: false,
  revokedAt: null,
  replacedBy: null,
  lastUsedAt: null,
  useCount: 0,
} as const;

const conflict = (detail: string) => new SallyportError('ERR_CONFLICT', { reason: detail, detail });
