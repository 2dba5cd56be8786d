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

const ECDH = { name: 'ECDH', namedCurve: 'P-256' };
const AES = { name: 'AES-GCM', length: 256 };

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

  async deriveKey(secret: Bytes, info: Bytes): Promise<CryptoKey> {
    const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    return crypto.subtle.deriveKey(hkdf, key, AES, false, ['encrypt', 'decrypt']);
  }

  importContentKey(key: Bytes): Promise<CryptoKey> {
    return crypto.subtle.importKey('raw', key, AES, false, ['encrypt', 'decrypt']);
  }

  generateAgreementKeys(): Promise<CryptoKeyPair> {
    return crypto.subtle.generateKey(ECDH, false, ['deriveBits']);
  }

  async agree(
    privateKey: CryptoKey,
    { kty = '', crv = '', x = '', y = '' }: EcPublicJwk,
  ): Promise<Bytes> {
    const jwk = { kty, crv, x, y };
    const publicKey = await crypto.subtle.importKey('jwk', jwk, ECDH, false, []);
    const parameters = { name: 'ECDH', public: publicKey };
    return new Uint8Array(await crypto.subtle.deriveBits(parameters, privateKey, 256));
  }

  async seal(key: CryptoKey, iv: Bytes, additionalData: Bytes, plaintext: Bytes): Promise<Bytes> {
    const gcm = { name: 'AES-GCM', iv, additionalData };
    return new Uint8Array(await crypto.subtle.encrypt(gcm, key, plaintext));
  }

  async open(
    key: CryptoKey,
    iv: Bytes,
    additionalData: Bytes,
    sealed: Bytes,
  ): Promise<Bytes | null> {
    try {
      const gcm = { name: 'AES-GCM', iv, additionalData };
      return new Uint8Array(await crypto.subtle.decrypt(gcm, key, sealed));
    } catch {
      return null;
    }
  }
}
