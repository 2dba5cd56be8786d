import { Inject, Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { ClientStore } from '../clients/client.store.js';
import type { Client } from '../clients/client.js';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import { hashSecret } from '../hashing/secret-hash.js';
import { Randomness } from '../randomness.js';
import { Sealer } from '../sealing/sealer.js';
import type { Transaction } from '../transactions/transaction.js';
import type { ApiKey } from './api-key.js';
import { formatApiKey, newApiKeyId, newApiKeySecret } from './api-key-format.js';
import { API_KEY_OPTIONS, type ResolvedApiKeyOptions } from './api-key.options.js';
import { ApiKeyStore } from './api-key.store.js';
import { newSigningSecret, sealSigningSecret } from './signing-secret.js';

/** A new key with its text and its signing secret, once: the text is kept nowhere, the secret only sealed. */
export interface IssuedApiKey {
  readonly apiKey: ApiKey;
  readonly plaintext: string;
  /** 32 bytes, base64url: the key of `hmac-sha256` (RFC 9421 §3.3.3), under the key's id as `keyid`. Null for a key that cannot sign. */
  readonly signingSecret: string | null;
}

/** How every key begins. */
export const NEW_KEY = {
  isForeign: false,
  revokedAt: null,
  replacedBy: null,
  lastUsedAt: null,
  useCount: 0,
} as const;

/** What of a new key is not made up here. */
export type ApiKeyFields = Omit<
  ApiKey,
  'id' | 'secretHash' | 'sealedSigningSecret' | 'prefix' | 'environment' | keyof typeof NEW_KEY
>;

/** The steps that several verbs of a key's life share, each within a transaction of theirs. */
@Injectable()
export class ApiKeyRecords {
  constructor(
    private readonly store: ApiKeyStore,
    private readonly clients: ClientStore,
    private readonly changes: ChangeStore,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
    private readonly sealer: Sealer,
    @Inject(API_KEY_OPTIONS) private readonly options: ResolvedApiKeyOptions,
  ) {}

  /** Throws ERR_NOT_FOUND. */
  async get(id: string, transaction?: Transaction): Promise<ApiKey> {
    const key = await this.store.find(id, transaction);
    if (key !== null) return key;
    throw new SallyportError('ERR_NOT_FOUND', {
      reason: 'no such API key',
      detail: 'No such API key.',
    });
  }

  /** The client that a key is, or is to be, of. Throws ERR_NOT_FOUND, or ERR_CONFLICT while it is disabled. */
  async clientOf(
    { clientId }: Pick<ApiKey, 'clientId'>,
    transaction: Transaction,
  ): Promise<Client> {
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

  newId(): string {
    return newApiKeyId(this.randomness);
  }

  /** Makes the secret, and keeps its hash; and one to sign with, which is kept sealed. */
  async insert(
    fields: ApiKeyFields & Pick<ApiKey, 'id'>,
    { signing }: { readonly signing: boolean },
    transaction: Transaction,
  ): Promise<IssuedApiKey> {
    const { prefix, environment } = this.options;
    const secret = newApiKeySecret(this.randomness);
    const secretHash = hashSecret(secret);
    const signingSecret = signing ? newSigningSecret(this.randomness) : null;
    const sealedSigningSecret =
      signingSecret === null ? null : sealSigningSecret(signingSecret, fields.id, this.sealer);
    const own = { secretHash, sealedSigningSecret, prefix, environment };
    const apiKey: ApiKey = { ...fields, ...NEW_KEY, ...own };
    if (!(await this.store.insert(apiKey, transaction))) {
      throw conflict('try again: the id is taken');
    }
    const plaintext = formatApiKey({ prefix, environment, id: apiKey.id, secret });
    return { apiKey, plaintext, signingSecret };
  }

  /** Writes down who did what to a key. */
  async record(
    verb: 'issued' | 'imported' | 'rotated' | 'updated',
    id: string,
    details: Readonly<Record<string, string>>,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<void> {
    const what = { action: `api-key.${verb}`, object: id, details };
    await this.changes.append(changeOf(what, by, this.clock.now(), this.randomness), transaction);
  }
}

export const conflict = (detail: string): SallyportError =>
  new SallyportError('ERR_CONFLICT', { reason: detail, detail });
