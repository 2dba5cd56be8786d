import { hash, type KeyObject } from 'node:crypto';
import { SallyportError } from '../../errors.js';
import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { normalizeTyp } from '../bearer/accepted-issuer.js';
import { readPublicKey } from '../../jwk-members.js';
import { parseProofJws, readProofHeader, type ProofJws } from '../bearer/jws.js';
import { algorithmsOf, isPublicSignatureKey } from '../bearer/keys/jwk-set.js';
import { isObject, parseStrictObject } from '../../strict-json.js';

const MAX_JTI_LENGTH = 256;
const BASE64URL = /^[A-Za-z0-9_-]{1,2048}$/;

/** What a proof says (RFC 9449 §4.2), without its header. Not yet believed. */
export interface DpopProof {
  readonly jws: ProofJws;
  readonly jti: string;
  readonly htm: string;
  readonly htu: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly ath: string | null;
  readonly nonce: string | null;
}

/** Whose the header of a proof says that it is. Not yet believed. */
export interface ProofSigner {
  readonly algorithm: SigningAlgorithm;
  readonly jwk: Readonly<Record<string, unknown>>;
  /** RFC 7638 §3, base64url. */
  readonly thumbprint: string;
}

/** Reads a proof strictly, and believes nothing. Throws ERR_DPOP_PROOF_INVALID. */
export function parseDpopProof(text: string): DpopProof {
  const jws = parseProofJws(text, invalidProof);
  const claims = parseStrictObject(jws.payload);
  if (claims === null) throw invalidProof('has no strict JSON payload');
  const { jti, htm, htu, iat, ath = null, nonce = null } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw invalidProof('has a jti that is no text of 1 to 256 characters');
  }
  if (typeof htm !== 'string' || typeof htu !== 'string') throw invalidProof('lacks htm or htu');
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw invalidProof('lacks iat');
  if (!isTextOrNull(ath) || !isTextOrNull(nonce)) {
    throw invalidProof('has an ath or nonce that is no text');
  }
  return { jws, jti, htm, htu, issuedAt: iat, ath, nonce };
}

/** The same for its header. */
export function parseProofSigner(header: string): ProofSigner {
  const { algorithm, typ, jwk } = readProofHeader(header, invalidProof);
  // RFC 9449 §4.3 (5): another type was signed for another purpose.
  if (typ === null || normalizeTyp(typ) !== 'dpop+jwt') {
    throw invalidProof('has a typ other than dpop+jwt');
  }
  if (!isObject(jwk)) throw invalidProof('has no jwk');
  // §4.3 (7). Whoever shows a private key has lost it, whether or not we knew its public one.
  if (!isPublicSignatureKey(jwk)) throw invalidProof('has a jwk that is no public key');
  const thumbprint = thumbprintOf(jwk);
  if (!algorithmsOf(jwk).includes(algorithm)) {
    throw invalidProof(`is signed with ${algorithm}, which its key rules out`);
  }
  return { algorithm, jwk, thumbprint };
}

/** The members that make a public key, in the order of RFC 7638 §3.2. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

function thumbprintOf(jwk: Readonly<Record<string, unknown>>): string {
  const names = REQUIRED[String(jwk.kty)];
  if (names === undefined) throw invalidProof('has a jwk of a kind that is not accepted');
  const members = names.map((name) => [name, jwk[name]] as const);
  if (!members.every(([name, value]) => isMember(name, value))) {
    throw invalidProof('has a jwk with members that are missing or malformed');
  }
  return hash('sha256', JSON.stringify(Object.fromEntries(members)), 'base64url');
}

/** Names are plain text as well, so that the JSON of a thumbprint needs no escapes. */
const isMember = (name: string, value: unknown): boolean =>
  typeof value === 'string' && (name === 'crv' || name === 'kty' || BASE64URL.test(value));

/** The public key in a proof. Throws ERR_DPOP_PROOF_INVALID for what is no key. */
export function proofKeyOf({ jwk }: ProofSigner): KeyObject {
  const key = readPublicKey(jwk);
  if (key === null) throw invalidProof('has a jwk that is no key');
  return key;
}

const isTextOrNull = (value: unknown): value is string | null =>
  value === null || typeof value === 'string';

export const invalidProof = (flaw: string): SallyportError =>
  new SallyportError('ERR_DPOP_PROOF_INVALID', { reason: `DPoP proof ${flaw}` });
