import { compactVerify, importJWK, type JWK } from 'jose';
import { createTestIssuer } from '../../../../test/support/tokens.js';
import { jwsSignature } from './jws-signature.js';

describe('jwsSignature', () => {
  it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)(
    'signs with %s as RFC 7518 §3 says',
    async (algorithm) => {
      const { privateKey, publicKey } = createTestIssuer({ algorithm });
      const header = Buffer.from(JSON.stringify({ alg: algorithm })).toString('base64url');
      const input = `${header}.${Buffer.from('text').toString('base64url')}`;
      const signature = await jwsSignature(algorithm, privateKey, Buffer.from(input));
      const key = await importJWK(publicKey.export({ format: 'jwk' }) as JWK, algorithm);
      const text = `${input}.${signature.toString('base64url')}`;
      expect(Buffer.from((await compactVerify(text, key)).payload).toString()).toBe('text');
    },
  );
});
