import { constants, verify, type KeyObject, type SigningOptions } from 'node:crypto';
import { SallyportError } from '../../errors.js';
import { derOfJose } from '../../hashing/ecdsa-signature.js';
import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { parseStrictObject } from '../../strict-json.js';

/** Longest access token that is read at all. */
export const MAX_TOKEN_LENGTH = 8192;

/** RFC 6750 §2.1. */
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/** What is signed, and by what. */
interface SignedText {
  readonly payload: Buffer;
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

/** What a protected header says, as far as it is looked at. */
export interface JwsHeader {
  readonly algorithm: SigningAlgorithm;
  readonly kid: string | null;
  readonly typ: string | null;
  readonly cty: string | null;
  /** The key that a proof brings along (RFC 7515 §4.1.3): whoever reads it knows by other means that it is the right one. */
  readonly jwk: unknown;
}

/** A JWS in compact serialization (RFC 7515 §7.1), taken apart but not believed. */
export interface CompactJws extends JwsHeader, SignedText {}

/** The same with its header still unread, as it was written: it may be one that is known. */
export interface ProofJws extends SignedText {
  readonly header: string;
}

interface Scheme {
  readonly digest: 'sha256' | null;
  /** Beyond what the kind of the key says by itself. */
  readonly options?: SigningOptions;
  fits(key: KeyObject, signature: Buffer): boolean;
}

/** RFC 8725 §3.1: the only algorithms there are, each with the one kind of key that it may meet. */
const schemes: ReadonlyMap<string, Scheme> = new Map<SigningAlgorithm, Scheme>([
  ['ES256', { digest: 'sha256', fits: fitsEs256 }],
  ['RS256', { digest: 'sha256', fits: fitsRsa }],
  [
    'PS256',
    {
      digest: 'sha256',
      // RFC 7518 §3.5: the salt is as long as the hash.
      options: {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      },
      fits: fitsRsa,
    },
  ],
  ['EdDSA', { digest: null, fits: fitsEd25519 }],
]);

export const isSigningAlgorithm = (value: unknown): value is SigningAlgorithm =>
  typeof value === 'string' && schemes.has(value);

export const SIGNING_ALGORITHMS = [...schemes.keys()] as readonly SigningAlgorithm[];

/**
 * Throws ERR_CREDENTIAL_MALFORMED for what is no bearer token at all or too long,
 * and ERR_TOKEN_INVALID for what is no JWS that we take. Checks no signature.
 */
export function parseCompactJws(text: string): CompactJws {
  if (text.length > MAX_TOKEN_LENGTH || !TOKEN68.test(text)) {
    throw notAToken(text);
  }
  return parseNestedJws(text);
}

/** The same for a token that was inside another. Throws ERR_TOKEN_INVALID alone. */
export function parseNestedJws(text: string): CompactJws {
  const { header, ...signed } = takeApart(text, refuse);
  return { ...readHeader(header, TOKEN, refuse), ...signed };
}

/** The same for a proof of possession. Throws what `refuseProof` makes of the flaw. */
export function parseProofJws(text: string, refuseProof: Refuse): ProofJws {
  if (text.length > MAX_TOKEN_LENGTH) throw refuseProof('is too long');
  return takeApart(text, refuseProof);
}

/** Its header, which brings a public key as `jwk`. */
export const readProofHeader = (header: string, refuseProof: Refuse): JwsHeader =>
  readHeader(header, PROOF, refuseProof);

type Refuse = (flaw: string) => SallyportError;

function takeApart(text: string, refuse: Refuse): ProofJws {
  const parts = text.split('.');
  if (parts.length === 5) throw refuse('is encrypted (JWE), which is not accepted here');
  const [header = '', body = '', end = ''] = parts;
  const [payload, signature] = [decodeBase64url(body), decodeBase64url(end)];
  if (parts.length !== 3 || payload === null || signature === null) throw refuse(NOT_THREE_PARTS);
  const signingInput = Buffer.from(text.slice(0, header.length + 1 + body.length), 'latin1');
  return { header, payload, signature, signingInput };
}

/** Whether this key made the signature. The key decides nothing else: `alg` must already be one of its own. */
export function verifyJws(
  jws: Pick<CompactJws, 'algorithm' | 'signingInput' | 'signature'>,
  key: KeyObject,
): boolean {
  const scheme = schemes.get(jws.algorithm);
  if (scheme === undefined || key.type !== 'public' || !scheme.fits(key, jws.signature)) {
    return false;
  }
  const { digest, options } = scheme;
  const signature = jws.algorithm === 'ES256' ? derOfJose(jws.signature) : jws.signature;
  return (
    signature !== null &&
    verify(digest, jws.signingInput, options === undefined ? key : { key, ...options }, signature)
  );
}

const NOT_THREE_PARTS = 'is not three parts of base64url';

interface JwsKind {
  /** RFC 8725 §3.10: keys and places of keys that a token brings along are not to be trusted. */
  readonly refusedKeys: readonly string[];
  /** Other names of our algorithms. */
  readonly aliases: Readonly<Record<string, SigningAlgorithm>>;
}

const TOKEN: JwsKind = { refusedKeys: ['jwk', 'jku', 'x5u', 'x5c'], aliases: {} };
/** RFC 9864 §2.2: clients built on Web Crypto write the newer name. */
const PROOF: JwsKind = { refusedKeys: ['jku', 'x5u', 'x5c'], aliases: { Ed25519: 'EdDSA' } };

function readHeader(text: string, { refusedKeys, aliases }: JwsKind, refuse: Refuse): JwsHeader {
  const bytes = decodeBase64url(text);
  if (bytes === null) throw refuse(NOT_THREE_PARTS);
  const header = parseStrictObject(bytes);
  if (header === null) throw refuse('has no strict JSON header');

  const { kid = null, typ = null, cty = null, jwk = null } = header;
  const alg = aliases[String(header.alg)] ?? header.alg;
  if (!isSigningAlgorithm(alg)) throw refuse('names no algorithm that is accepted');
  // RFC 7515 §4.1.11: an extension that is not understood must be refused, and we understand none; RFC 7797 (`b64`) is one.
  if ('crit' in header || 'b64' in header) throw refuse('demands extensions');
  if (refusedKeys.some((name) => name in header)) throw refuse('brings its own key');
  if (kid !== null && (typeof kid !== 'string' || kid === '' || kid.length > 128)) {
    throw refuse('has a kid that is no string of 1 to 128 characters');
  }
  if ((typ !== null && typeof typ !== 'string') || (cty !== null && typeof cty !== 'string')) {
    throw refuse('has a typ or cty that is no string');
  }
  return { algorithm: alg, kid, typ, cty, jwk };
}

/** RFC 7515 §2: no padding, no white space. One spelling only: the unused bits of the last character are zero. */
function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

function fitsEs256(key: KeyObject, signature: Buffer): boolean {
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && signature.length === 64;
}

function fitsEd25519(key: KeyObject, signature: Buffer): boolean {
  return key.asymmetricKeyType === 'ed25519' && signature.length === 64;
}

function fitsRsa(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  // RFC 7518 §3.3 asks for 2048 bits or more; the upper bound keeps one verification cheap.
  return (
    key.asymmetricKeyType === 'rsa' &&
    modulusLength >= 2048 &&
    modulusLength <= 8192 &&
    publicExponent >= 65537n
  );
}

/** What is no bearer token at all. */
export const notAToken = (text: string): SallyportError =>
  new SallyportError('ERR_CREDENTIAL_MALFORMED', {
    reason: `access token of ${String(text.length)} characters is too long or not token68`,
    detail: 'Send "Authorization: Bearer <access token>".',
  });

const refuse: Refuse = (flaw) =>
  new SallyportError('ERR_TOKEN_INVALID', { reason: `access token ${flaw}` });
