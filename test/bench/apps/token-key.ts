import { generateKeyPairSync, type KeyObject } from 'node:crypto';

export type TokenAlgorithm = 'ES256' | 'RS256' | 'HS256';

/** The key that signs the tokens of a server's callers, as it travels between two processes of one run. */
export interface TokenKey {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  /** PEM of a private key; of HS256 the secret. */
  readonly secret: string;
}

export const tokenKeyOf = (
  algorithm: TokenAlgorithm,
  kid: string,
  privateKey: KeyObject,
): TokenKey => ({
  kid,
  algorithm,
  secret: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
});

/** For apps that have no keys of their own. */
export function newKeys(algorithm: 'ES256' | 'RS256'): { publicPem: string; tokenKey: TokenKey } {
  const { publicKey, privateKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    tokenKey: tokenKeyOf(algorithm, 'bench', privateKey),
  };
}
