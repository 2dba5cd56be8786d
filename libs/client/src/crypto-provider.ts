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
}
