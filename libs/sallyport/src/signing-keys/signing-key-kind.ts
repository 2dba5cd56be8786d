import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyKind } from '../key-rotation/issue-key.js';
import type { SigningAlgorithm } from './signing-key.js';

const generate = promisify(generateKeyPair);

export const SIGNING_KEY_KIND: KeyKind<SigningAlgorithm> = {
  name: 'signing-key',
  table: 'signing_keys',
  use: 'sig',
  generate: generatePair,
};

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
