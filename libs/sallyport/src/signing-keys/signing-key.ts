import type { RotatedKey } from '../key-rotation/rotated-key.js';

export type SigningAlgorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA';

/** A JWK we sign with (RFC 7517). The next one is published, so that verifiers know it before it signs. */
export type SigningKey = RotatedKey<SigningAlgorithm>;
