/** `@sallyport/client`: a fetch that carries credentials of Sallyport's, in Node and browsers. */
export { createClient, type Client } from './client.js';
export type { ClientOptions } from './client.options.js';
export type { TokenOptions } from './access-tokens.js';
export { ClientError, type ClientErrorCode } from './client-error.js';
export {
  CryptoProvider,
  type CryptoKey,
  type CryptoKeyPair,
  type EcPublicJwk,
  type SignatureAlgorithm,
} from './crypto-provider.js';
export type { Runtime } from './parts.js';
export { dpopProof, type ProofOf } from './dpop.js';
export type { EncryptionJwk, KeyAgreement } from './body-keys.js';
export type { EncryptionOptions } from './encrypted-bodies.js';
export type { Bytes } from './encoding.js';
export { expectOk, ProblemError } from './problem-error.js';
export { redeemCode, type AuthorizationCode } from './redeem-code.js';
export type { SignatureOption, SigningKey } from './sign-request.js';
export type { AsymmetricAlgorithm } from './jwt.js';
export { SystemTime, Time } from './time.js';
export type { ClientKey, TokenClient } from './authenticate.js';
export { MemoryTokenStorage, TokenStorage, type StoredTokens } from './token-storage.js';
export type { Fetch } from './transport.js';
export { WebCrypto } from './web-crypto.js';
