import { Injectable } from '@nestjs/common';
import type { ApiKey } from '../../api-keys/api-key.js';
import { ApiKeyDirectory } from '../../api-keys/api-key.directory.js';
import { isApiKeyId } from '../../api-keys/api-key-format.js';
import { SigningSecrets } from '../../api-keys/signing-secret.js';
import { VerifyApiKey } from '../../api-keys/verify-api-key.js';
import { whenFound } from '../../cache/record-cache.js';
import { ClientDirectory } from '../../clients/client.directory.js';
import type { Client } from '../../clients/client.js';
import type { MaybePromise } from '../../maybe-promise.js';
import type { SignatureKey } from '../../signatures/signature-algorithms.js';
import type { VerificationKey } from '../bearer/keys/verification-keys.js';
import { ClientSignatureKeys } from './client-signature-keys.js';
import { signatureKeyOf } from './signature-keys.js';

interface AnySigner {
  readonly key: SignatureKey;
  /** Throws what the signer is refused with. To be asked when the signature is known to be right. */
  assertUsable(address: string): void;
}

/** Signs by the secret of an API key, and stands for it. */
export interface ApiKeySigner extends AnySigner {
  readonly apiKey: ApiKey;
}

/** Signs by a key that its client has registered or publishes. */
export interface ClientKeySigner extends AnySigner {
  readonly apiKey: null;
  readonly clientId: string;
  readonly kid: string;
}

/** The same object while its key, or its client, is not changed. */
export type Signer = ApiKeySigner | ClientKeySigner;

/** `<client_id>/<kid>`: a `kid` means something within its client only. */
const CLIENT_KEY = /^([A-Za-z0-9._-]{1,64})\/([\x20-\x7e]{1,128})$/;

/** Who signs under a `keyid` (RFC 9421 §2.3): an API key under its id, a registered key under `<client_id>/<kid>`. */
@Injectable()
export class Signers {
  private readonly byApiKey = new WeakMap<ApiKey, ApiKeySigner>();
  private readonly byClient = new WeakMap<Client, WeakMap<VerificationKey, ClientKeySigner>>();

  constructor(
    private readonly apiKeys: ApiKeyDirectory,
    private readonly secrets: SigningSecrets,
    private readonly verifyApiKey: VerifyApiKey,
    private readonly clients: ClientDirectory,
    private readonly clientKeys: ClientSignatureKeys,
  ) {}

  /** At once when key and client are known. Null for a name of nobody, or of a key that cannot sign. */
  find(keyid: string): MaybePromise<Signer | null> {
    if (isApiKeyId(keyid)) return whenFound(this.apiKeys.find(keyid), (key) => this.ofApiKey(key));
    const [, clientId, kid] = CLIENT_KEY.exec(keyid) ?? [];
    if (clientId === undefined || kid === undefined) return null;
    return whenFound(this.clients.find(clientId), (client) =>
      client === null
        ? null
        : whenFound(this.clientKeys.find(client, kid), (key) => this.ofClientKey(client, key)),
    );
  }

  private ofApiKey(apiKey: ApiKey | null): ApiKeySigner | null {
    if (apiKey === null) return null;
    const known = this.byApiKey.get(apiKey);
    if (known !== undefined) return known;
    const key = this.secrets.of(apiKey);
    if (key === null) return null;
    const signer: ApiKeySigner = {
      key: { algorithm: 'hmac-sha256', key },
      apiKey,
      assertUsable: (address) => {
        this.verifyApiKey.assertUsable(apiKey, address);
      },
    };
    this.byApiKey.set(apiKey, signer);
    return signer;
  }

  private ofClientKey(client: Client, found: VerificationKey | null): ClientKeySigner | null {
    if (found === null) return null;
    const known = this.byClient.get(client)?.get(found);
    if (known !== undefined) return known;
    const key = signatureKeyOf(found);
    if (key === null) return null;
    const { clientId } = client;
    const { kid } = found;
    const signer = { key, apiKey: null, clientId, kid, assertUsable: () => undefined };
    const signers = this.byClient.get(client) ?? new WeakMap<VerificationKey, ClientKeySigner>();
    this.byClient.set(client, signers.set(found, signer));
    return signer;
  }
}
