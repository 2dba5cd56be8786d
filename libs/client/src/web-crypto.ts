import {
  CryptoProvider,
  type CryptoKey,
  type CryptoKeyPair,
  type EcPublicJwk,
  type SignatureAlgorithm,
} from './crypto-provider.js';
import type { Bytes } from './encoding.js';

const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

const PARAMETERS = {
  'hmac-sha256': HMAC,
  ed25519: { name: 'Ed25519' },
  'ecdsa-p256-sha256': { name: 'ECDSA', hash: 'SHA-256' },
} as const;

/** On `globalThis.crypto`: Node 20 and later, and browsers on secure origins. */
export class WebCrypto extends CryptoProvider {
  randomBytes(length: number): Bytes {
    return crypto.getRandomValues(new Uint8Array(length));
  }

  async sha256(content: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  }

  importSecret(secret: Bytes): Promise<CryptoKey> {
    return crypto.subtle.importKey('raw', secret, HMAC, false, ['sign', 'verify']);
  }

  generateKeyPair(): Promise<CryptoKeyPair> {
    return crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
  }

  exportPublicKey(key: CryptoKey): Promise<EcPublicJwk> {
    return crypto.subtle.exportKey('jwk', key);
  }

  async sign(algorithm: SignatureAlgorithm, key: CryptoKey, content: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.sign(PARAMETERS[algorithm], key, content));
  }

  verify(
    algorithm: SignatureAlgorithm,
    key: CryptoKey,
    signature: Bytes,
    content: Bytes,
  ): Promise<boolean> {
    return crypto.subtle.verify(PARAMETERS[algorithm], key, signature, content);
  }
}
