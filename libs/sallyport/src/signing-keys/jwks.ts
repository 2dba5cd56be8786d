import type { JSONWebKeySet } from 'jose';
import { publicJwkOf } from '../key-rotation/public-jwk.js';
import type { PublishedKey } from './published-keys.js';
import { SIGNING_KEY_KIND } from './signing-key-kind.js';
import type { SigningKey } from './signing-key.js';

export function publishedKey(key: SigningKey): PublishedKey {
  const { kid, algorithm } = key;
  return { kid, algorithm, publicJwk: publicJwkOf(SIGNING_KEY_KIND, key) };
}

/** RFC 7517 §5. */
export const jwksOf = (keys: readonly PublishedKey[]): JSONWebKeySet => ({
  keys: keys.map(({ publicJwk }) => publicJwk),
});
