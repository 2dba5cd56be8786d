import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyKind } from '../key-rotation/issue-key.js';
import type { EncryptionAlgorithm } from './encryption-key.js';

const generate = promisify(generateKeyPair);

export const ENCRYPTION_KEY_KIND: KeyKind<EncryptionAlgorithm> = {
  name: 'encryption-key',
  table: 'encryption_keys',
  use: 'enc',
  generate: () => generate('ec', { namedCurve: 'P-256' }),
};
