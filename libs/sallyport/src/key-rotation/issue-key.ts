import { createPrivateKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Sealer, SealedPlace } from '../sealing/sealer.js';
import type { KeyState, RotatedKey } from './rotated-key.js';

/** What kind of key is kept where. */
export interface KeyKind<Algorithm extends string> {
  /** As the audit log calls it. */
  readonly name: 'signing-key' | 'encryption-key';
  readonly table: string;
  /** RFC 7517 §4.2. */
  readonly use: 'sig' | 'enc';
  readonly generate: (
    algorithm: Algorithm,
  ) => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>;
}

/** Makes a key pair. Its private part leaves this file sealed, or as a `KeyObject`. */
export async function issueKey<Algorithm extends string>(
  { table, use, generate }: KeyKind<Algorithm>,
  algorithm: Algorithm,
  state: KeyState,
  now: Date,
  sealer: Sealer,
): Promise<RotatedKey<Algorithm>> {
  const { publicKey, privateKey } = await generate(algorithm);
  const publicMembers = publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(publicMembers);
  const privateJwk = JSON.stringify(privateKey.export({ format: 'jwk' }));
  return {
    kid,
    algorithm,
    state,
    publicJwk: { ...publicMembers, kid, alg: algorithm, use },
    sealedPrivateJwk: sealer.seal(privateJwk, placeOf(table, kid)),
    createdAt: now,
    stateSince: now,
  };
}

/** Throws ERR_SEAL_BROKEN when the key-encryption key is missing, or the record was changed. */
export function openPrivateKey(
  { table }: Pick<KeyKind<string>, 'table'>,
  { kid, sealedPrivateJwk }: RotatedKey,
  sealer: Sealer,
): KeyObject {
  const key = JSON.parse(sealer.open(sealedPrivateJwk, placeOf(table, kid))) as JWK;
  return createPrivateKey({ key, format: 'jwk' });
}

const placeOf = (table: string, kid: string): SealedPlace => ({
  table,
  row: kid,
  column: 'private_jwk',
});
