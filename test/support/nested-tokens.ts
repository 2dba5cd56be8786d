import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactEncrypt, type CompactJWEHeaderParameters, type JWK } from 'jose';
import type { DecryptionKey } from '../../libs/sallyport/src/encryption/compact-jwe.js';
import { DecryptionKeys } from '../../libs/sallyport/src/encryption/decryption-keys.js';

/** A key pair that others encrypt to. */
export interface TestRecipient {
  readonly kid: string;
  readonly algorithm: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

export function createTestRecipient(kid: string, algorithm = 'ECDH-ES'): TestRecipient {
  const { publicKey, privateKey } = algorithm.startsWith('RSA')
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = { kid, alg: algorithm, use: 'enc' };
  return {
    kid,
    algorithm,
    publicKey,
    privateKey,
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), ...names },
    privateJwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), ...names },
  };
}

/** Who has this public key, as somebody else sees them. */
export const recipientOf = (jwk: JWK): Pick<TestRecipient, 'kid' | 'algorithm' | 'publicKey'> => ({
  kid: jwk.kid ?? '',
  algorithm: jwk.alg ?? '',
  publicKey: createPublicKey({ format: 'jwk', key: jwk }),
});

/** Encrypts as another implementation does it. Undefined leaves a member out of the header. */
export function encryptTo(
  { kid, algorithm, publicKey }: Pick<TestRecipient, 'kid' | 'algorithm' | 'publicKey'>,
  plaintext: string,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const all = { alg: algorithm, enc: 'A256GCM', kid, cty: 'JWT', ...header };
  const given = Object.entries<unknown>(all).filter(([, value]) => value !== undefined);
  return new CompactEncrypt(new TextEncoder().encode(plaintext))
    .setProtectedHeader(Object.fromEntries(given) as unknown as CompactJWEHeaderParameters)
    .encrypt(publicKey);
}

/** Our own keys, which the test changes. */
export class ChangingDecryptionKeys extends DecryptionKeys {
  readonly asked: string[] = [];
  private keys: ReadonlyMap<string, DecryptionKey> = new Map();

  keep(...recipients: readonly TestRecipient[]): void {
    const known = this.keys;
    this.keys = new Map(
      recipients.map(({ kid, algorithm, privateKey: key }) => {
        const before = known.get(kid);
        return [kid, before?.key === key ? before : { algorithm, key }];
      }),
    );
  }

  find(kid: string): Promise<DecryptionKey | null> {
    this.asked.push(kid);
    return Promise.resolve(this.keys.get(kid) ?? null);
  }

  current(): null {
    return null;
  }
}
