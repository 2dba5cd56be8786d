import type { Bytes } from './encoding.js';

/** Of Web Crypto, by whatever types the compiler has for it. */
export type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface CryptoKeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** RFC 7517 §4, RFC 7518 §6.2.1. */
export interface EcPublicJwk {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
}

/** Of the registry of RFC 9421 §6.2.2. */
export type SignatureAlgorithm = 'hmac-sha256' | 'ed25519' | 'ecdsa-p256-sha256';

/** All cryptography that the client needs, for runtimes that have it elsewhere than in Web Crypto. */
export abstract class CryptoProvider {
  abstract randomBytes(length: number): Bytes;
  abstract sha256(content: Bytes): Promise<Bytes>;
  /** Of the bytes of an HMAC secret; never extractable. */
  abstract importSecret(secret: Bytes): Promise<CryptoKey>;
  /** A new ES256 key pair whose private half cannot be read by anyone, us included. */
  abstract generateKeyPair(): Promise<CryptoKeyPair>;
  abstract exportPublicKey(key: CryptoKey): Promise<EcPublicJwk>;
  /** ECDSA signatures are `r || s` (RFC 9421 §3.3.4, RFC 7518 §3.4). */
  abstract sign(algorithm: SignatureAlgorithm, key: CryptoKey, content: Bytes): Promise<Bytes>;
  /** HMACs are compared in constant time. */
  abstract verify(
    algorithm: SignatureAlgorithm,
    key: CryptoKey,
    signature: Bytes,
    content: Bytes,
  ): Promise<boolean>;

  /** HKDF with SHA-256, without salt (RFC 5869): a key of A256GCM. */
  abstract deriveKey(secret: Bytes, info: Bytes): Promise<CryptoKey>;
  abstract importContentKey(key: Bytes): Promise<CryptoKey>;
  /** A new ECDH key pair on P-256, to be agreed with; never extractable. */
  abstract generateAgreementKeys(): Promise<CryptoKeyPair>;
  /** ECDH on P-256: the 32 bytes of the shared point. Rejects for a public key that is not on the curve. */
  abstract agree(privateKey: CryptoKey, publicKey: EcPublicJwk): Promise<Bytes>;
  /** AES-256-GCM: the ciphertext and its tag of 16 bytes. */
  abstract seal(key: CryptoKey, nonce: Bytes, associated: Bytes, plaintext: Bytes): Promise<Bytes>;
  /** Null for what was changed, or is of another key. */
  abstract open(
    key: CryptoKey,
    nonce: Bytes,
    associated: Bytes,
    sealed: Bytes,
  ): Promise<Bytes | null>;
}
