import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** Bytes of a key of A256GCM. */
const KEY_BYTES = 32;

/** What a derived key is for. A key for requests opens no response, so that nothing can be sent back as an answer. */
export type KeyPurpose = 'request' | 'response';

/**
 * The content encryption key (`alg` of `dir`, RFC 7518 §4.5) that both sides derive from the signing secret of an API key:
 * HKDF with SHA-256 (RFC 5869), without salt, since the secret is uniformly random (§3.1); `info` is the ASCII text
 * `sallyport request encryption v1 <key id>`, or `response` in place of `request`.
 */
export function derivedKey(secret: KeyObject, purpose: KeyPurpose, keyId: string): KeyObject {
  const keys = known.get(secret) ?? new Map<string, KeyObject>();
  known.set(secret, keys);
  const info = `sallyport ${purpose} encryption v1 ${keyId}`;
  const before = keys.get(info);
  if (before !== undefined) return before;
  const bytes = hkdfSync('sha256', secret, '', info, KEY_BYTES);
  const key = createSecretKey(Buffer.from(bytes));
  keys.set(info, key);
  return key;
}

/** A secret is one object as long as its record stays the same. */
const known = new WeakMap<KeyObject, Map<string, KeyObject>>();
