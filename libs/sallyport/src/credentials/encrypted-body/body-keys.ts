import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ApiKeyDirectory } from '../../api-keys/api-key.directory.js';
import { SigningSecrets } from '../../api-keys/signing-secret.js';
import type {
  CompactJwe,
  DecryptionKey,
  KeyManagementAlgorithm,
} from '../../encryption/compact-jwe.js';
import { DecryptionKeys } from '../../encryption/decryption-keys.js';
import { derivedKey } from '../../encryption/derived-keys.js';
import { SallyportError } from '../../errors.js';
import type { Caller } from '../../principals/caller.js';
import { ClientEncryptionKeys } from './client-encryption-keys.js';

/** What an answer is encrypted with. */
export interface AnswerKey {
  readonly kid: string;
  readonly algorithm: KeyManagementAlgorithm;
  readonly key: KeyObject;
}

/** The keys of whole bodies: derived from the secret of the caller's API key, or ours, or its client's. */
@Injectable()
export class BodyKeys {
  constructor(
    private readonly apiKeys: ApiKeyDirectory,
    private readonly secrets: SigningSecrets,
    private readonly published: DecryptionKeys,
    private readonly clientKeys: ClientEncryptionKeys,
  ) {}

  /**
   * The key that is to open `jwe`; null when its `kid` is of none, or of an API key that this request does not stand for.
   *
   * @throws ERR_ENCRYPTION_KEY_MISSING for the caller's own key without a signing secret; ERR_STORE_UNAVAILABLE
   */
  async toOpen({ algorithm, kid }: CompactJwe, caller: Caller): Promise<DecryptionKey | null> {
    if (kid === null) return null;
    if (algorithm !== 'dir') return this.published.find(kid);
    // Not any key of its client: whoever knows another would then say something in the name of this one.
    if (!apiKeysOf(caller).includes(kid)) return null;
    const secret = await this.secretOf(kid);
    if (secret === null) throw missing(`API key ${kid} has no signing secret`);
    return { algorithm, key: derivedKey(secret, 'request', kid) };
  }

  /**
   * The key to answer with: of the kind that opened the request; else that of the API key it stands for, if that has a
   * secret; else the one that its client has registered.
   *
   * @throws ERR_ENCRYPTION_KEY_MISSING without any; ERR_STORE_UNAVAILABLE
   */
  async toAnswer(caller: Caller, opened: CompactJwe | null): Promise<AnswerKey> {
    const { clientId } = caller.client;
    const shared = opened === null || opened.algorithm === 'dir' ? await this.shared(caller) : null;
    const key = shared ?? (await this.clientKeys.of(clientId));
    if (key === null) throw missing(`client ${clientId} has neither secret nor key with use: enc`);
    return key;
  }

  private async shared(caller: Caller): Promise<AnswerKey | null> {
    for (const kid of apiKeysOf(caller)) {
      const secret = await this.secretOf(kid);
      if (secret === null) continue;
      return { kid, algorithm: 'dir', key: derivedKey(secret, 'response', kid) };
    }
    return null;
  }

  private async secretOf(apiKeyId: string): Promise<KeyObject | null> {
    const apiKey = await this.apiKeys.find(apiKeyId);
    return apiKey === null ? null : this.secrets.of(apiKey);
  }
}

const apiKeysOf = ({ credentials }: Caller): readonly string[] =>
  credentials.flatMap(({ kind, id }) => (kind === 'api-key' && id !== null ? [id] : []));

const missing = (reason: string) => new SallyportError('ERR_ENCRYPTION_KEY_MISSING', { reason });
