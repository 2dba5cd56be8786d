import { RotatedKeyStore } from '../key-rotation/rotated-key.store.js';
import type { SigningKey } from './signing-key.js';

/** Port. At most one key is `next` and at most one is `active`, whoever writes at the same time. */
export abstract class SigningKeyStore extends RotatedKeyStore<SigningKey> {}
