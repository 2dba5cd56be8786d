import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Sealer, SealedPlace } from '../sealing/sealer.js';
import type { SigningAlgorithm, SigningKey, SigningKeyState } from './signing-key.js';

const generate = promisify(generateKeyPair);

/** Makes a key pair. Its private part leaves this file sealed, or as a `KeyObject`. */
export async function issueSigningKey(
  algorithm: SigningAlgorithm,
  state: SigningKeyState,
  now: Date,
  sealer: Sealer,
): Promise<SigningKey> {
  const { publicKey, privateKey } = await generatePair(algorithm);
  const publicMembers = publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(publicMembers);
  const privateJwk = JSON.stringify(privateKey.export({ format: 'jwk' }));
  return {
    kid,
    algorithm,
    state,
    publicJwk: { ...publicMembers, kid, alg: algorithm, use: 'sig' },
    sealedPrivateJwk: sealer.seal(privateJwk, placeOf(kid)),
    createdAt: now,
    stateSince: now,
  };
}

/** Throws ERR_SEAL_BROKEN when the key-encryption key is missing, or the record was changed. */
export function openPrivateKey({ kid, sealedPrivateJwk }: SigningKey, sealer: Sealer): KeyObject {
  const key = JSON.parse(sealer.open(sealedPrivateJwk, placeOf(kid))) as JWK;
  return createPrivateKey({ key, format: 'jwk' });
}

const placeOf = (kid: string): SealedPlace => ({
  table: 'signing_keys',
  row: kid,
  column: 'private_jwk',
});

function generatePair(
  algorithm: SigningAlgorithm,
): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (algorithm) {
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generate('ed25519');
    case 'RS256':
    case 'PS256':
      return generate('rsa', { modulusLength: 2048 });
  }
}
