import { verify } from 'node:crypto';
import { createTestVerifier } from '../../support/token-verifier.js';
import { createTestIssuer } from '../../support/tokens.js';
import { each, type Work } from './work.js';

/** More tokens than one, so that nothing is measured that only a single one would get. */
const TOKENS = 512;

const issuer = createTestIssuer();
const tokens = Array.from({ length: TOKENS }, () =>
  issuer.accessToken({ roles: ['viewer'], sid: 'session', gid: 'grant' }),
);

/** The verifier alone, which keeps none of them. */
export function tokenFirstSeen(): Work {
  const { verifier } = createTestVerifier(issuer, { cachedTokens: 0 });
  return { work: each(tokens, (token) => verifier.verify(token)), inFlight: null };
}

export function rawVerify(): Work {
  const parts = tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');
    return { input: Buffer.from(token.slice(0, dot)), signature };
  });
  const key = { key: issuer.publicKey, dsaEncoding: 'ieee-p1363' } as const;
  const work = each(parts, ({ input, signature }) => {
    if (!verify('sha256', input, key, signature)) throw new Error('the signature is wrong');
  });
  return { work, inFlight: null };
}
