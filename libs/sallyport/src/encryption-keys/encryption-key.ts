import type { RotatedKey } from '../key-rotation/rotated-key.js';

/** RFC 7518 §4.6, agreed upon directly: with P-256 it is what every JOSE library has. */
export type EncryptionAlgorithm = 'ECDH-ES';

/** A JWK that others encrypt to (RFC 7517 §4.2 `enc`). Only the active one is published: whoever fetches it may use it at once. */
export type EncryptionKey = RotatedKey<EncryptionAlgorithm>;
