import { Inject, Injectable } from '@nestjs/common';
import type { ChangedBy } from '../audit/change.js';
import { addSeconds, Clock } from '../clock.js';
import { invalidInput } from '../input.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import type { ApiKey } from './api-key.js';
import { ApiKeyDirectory } from './api-key.directory.js';
import {
  checkAddressRanges,
  checkedUser,
  checkName,
  chooseLifetime,
  chooseScope,
  type ApiKeyDemands,
} from './api-key-input.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';
import { ApiKeyRecords, conflict, NEW_KEY, type IssuedApiKey } from './api-key-records.js';
import { ApiKeyStore } from './api-key.store.js';

export interface NewApiKey extends ApiKeyDemands {
  readonly clientId: string;
  readonly name: string;
  /** Makes it a personal key: it acts for this user and dies with the user's suspension. */
  readonly user?: UserId;
  /** Gives it a secret too, to sign requests with (RFC 9421). @default signedOnly */
  readonly signing?: boolean;
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

/** How a key comes to be: issued here, or imported from another system. */
@Injectable()
export class IssueApiKey {
  constructor(
    private readonly records: ApiKeyRecords,
    private readonly store: ApiKeyStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly directory: ApiKeyDirectory,
    private readonly clock: Clock,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  async issue(key: NewApiKey, by: ChangedBy, outer?: Transaction): Promise<IssuedApiKey> {
    const user = key.user === undefined ? null : checkedUser(key.user);
    const { signedOnly = false, signing = signedOnly } = key;
    if (signedOnly && !signing) throw invalidInput('a signedOnly key must be able to sign');
    return this.transactions.run(async (transaction) => {
      const fields = await this.fields(key, user, transaction);
      const issued = await this.records.insert(
        { ...fields, id: this.records.newId(), signedOnly },
        { signing },
        transaction,
      );
      const details = { client: key.clientId };
      await this.records.record('issued', issued.apiKey.id, details, by, transaction);
      return issued;
    }, outer);
  }

  async import(key: ImportedApiKey, by: ChangedBy, outer?: Transaction): Promise<ApiKey> {
    if (!this.options.foreignPrefixes.includes(key.prefix)) {
      throw invalidInput('prefix must be one of options.apiKeys.foreignPrefixes');
    }
    if (!/^[0-9a-f]{64}$/.test(key.sha256)) throw invalidInput('sha256 must be 64 hex digits');
    const imported = await this.transactions.run(async (transaction) => {
      const apiKey: ApiKey = {
        ...NEW_KEY,
        ...(await this.fields(key, null, transaction)),
        id: this.records.newId(),
        secretHash: key.sha256,
        prefix: key.prefix,
        isForeign: true,
        environment: this.options.environment,
        signedOnly: false,
        sealedSigningSecret: null,
      };
      if (!(await this.store.insert(apiKey, transaction))) {
        throw conflict('this API key has been imported before');
      }
      const details = { client: key.clientId };
      await this.records.record('imported', apiKey.id, details, by, transaction);
      return apiKey;
    }, outer);
    this.directory.evict(imported);
    return imported;
  }

  /** What both have in common: checked, and never beyond what the client may. */
  private async fields(key: NewApiKey | ImportedApiKey, user: UserId | null, tx: Transaction) {
    const { clientId, name, addressRanges = [] } = key;
    checkName(name);
    checkAddressRanges(addressRanges);
    const client = await this.records.clientOf(key, tx);
    const epochs = await this.revocations.currentEpochs({ user, clientId }, tx);
    const createdAt = this.clock.now();
    return {
      name,
      clientId,
      user,
      scope: chooseScope(client, key, this.options),
      addressRanges: [...addressRanges],
      clientEpoch: epochs.client,
      userEpoch: epochs.user,
      createdAt,
      expiresAt: addSeconds(createdAt, chooseLifetime(key.lifetimeSeconds, this.options)),
    };
  }
}
