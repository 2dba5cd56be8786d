import type { KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, errors, type CompactJWEHeaderParameters } from 'jose';
import { parseStrictObject } from '../strict-json.js';

/**
 * RFC 7518 §4.1, what we take of it: a key that both sides have, one agreed upon with ours, one wrapped under ours.
 * RSA1_5 tells a prober too much, PBES2 spends as much as the sender likes, and RSA-OAEP is its -256 with SHA-1.
 */
export const KEY_MANAGEMENT_ALGORITHMS = [
  'dir',
  'ECDH-ES',
  'ECDH-ES+A256KW',
  'RSA-OAEP-256',
] as const;
export type KeyManagementAlgorithm = (typeof KEY_MANAGEMENT_ALGORITHMS)[number];

/** RFC 7518 §5.1: the only one we take, and the only one we write. */
export const CONTENT_ENCRYPTION = 'A256GCM';

/** A JWE in compact serialization (RFC 7516 §7.1), read but not decrypted: nothing of it is believed yet. */
export interface CompactJwe {
  readonly algorithm: string;
  readonly kid: string | null;
  readonly typ: string | null;
  readonly cty: string | null;
  /** All of it: claims may be repeated there (RFC 7519 §5.3). */
  readonly header: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What a header may name; the tests of the core name more. */
export interface JweAlgorithms {
  readonly keyManagement: readonly string[];
  readonly contentEncryption: readonly string[];
}

export const JWE_ALGORITHMS: JweAlgorithms = {
  keyManagement: KEY_MANAGEMENT_ALGORITHMS,
  contentEncryption: [CONTENT_ENCRYPTION],
};

/**
 * What may not be in a header: extensions, of which we know none; compression, which lets a short message be as long
 * as memory; counts of iterations; keys that the message brings along. `epk` is another matter: it is half of a key.
 */
const REFUSED_MEMBERS = ['crit', 'zip', 'p2c', 'p2s', 'jwk', 'jku', 'x5u', 'x5c'] as const;

const MAX_HEADER_BYTES = 2_048;
const MAX_KID_LENGTH = 128;

/** What stands around the ciphertext: the header in base64url, a wrapped key, nonce, tag and dots. */
const MAX_OVERHEAD = 4_096;

/** The most characters that a JWE of so many bytes can have. */
export const encryptedLength = (plaintextBytes: number): number =>
  Math.ceil((plaintextBytes * 4) / 3) + MAX_OVERHEAD;

type Refuse = (flaw: string) => Error;

/** Whether it has the five parts; a JWS has three. */
export const looksEncrypted = (text: string): boolean => text.split('.', 6).length === 5;

/** Reads the header of `text`, whose length the caller has bounded. Throws what `refuse` makes of the flaw. */
export function parseCompactJwe(
  text: string,
  refuse: Refuse,
  algorithms: JweAlgorithms = JWE_ALGORITHMS,
): CompactJwe {
  const parts = text.split('.', 6);
  if (parts.length !== 5 || !parts.every(isBase64url)) {
    throw refuse('is not five parts of base64url');
  }
  const bytes = Buffer.from(parts[0] ?? '', 'base64url');
  const header = bytes.length > MAX_HEADER_BYTES ? null : parseStrictObject(bytes);
  if (header === null) throw refuse('has no strict JSON header');
  const { alg, enc, kid = null, typ = null, cty = null } = header;
  if (typeof alg !== 'string' || !algorithms.keyManagement.includes(alg)) {
    throw refuse('names no key management algorithm (alg) that is accepted');
  }
  if (typeof enc !== 'string' || !algorithms.contentEncryption.includes(enc)) {
    throw refuse('names no content encryption (enc) that is accepted');
  }
  const refused = REFUSED_MEMBERS.find((name) => name in header);
  if (refused !== undefined) throw refuse(`has ${refused} in its header`);
  if (kid !== null && (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH)) {
    throw refuse('has a kid that is no string of 1 to 128 characters');
  }
  if ((typ !== null && typeof typ !== 'string') || (cty !== null && typeof cty !== 'string')) {
    throw refuse('has a typ or cty that is no string');
  }
  return { algorithm: alg, kid, typ, cty, header, text };
}

/** A key for one algorithm alone (RFC 8725 §3.1), private or shared. */
export interface DecryptionKey {
  readonly algorithm: string;
  readonly key: KeyObject;
}

/** The plaintext, or null if this key does not open it, for whatever reason: none is told from another. */
export async function decryptJwe(
  { algorithm, text }: CompactJwe,
  { algorithm: ofKey, key }: DecryptionKey,
  { keyManagement, contentEncryption }: JweAlgorithms = JWE_ALGORITHMS,
): Promise<Buffer | null> {
  if (algorithm !== ofKey) return null;
  try {
    const { plaintext } = await compactDecrypt(text, key, {
      keyManagementAlgorithms: [...keyManagement],
      contentEncryptionAlgorithms: [...contentEncryption],
    });
    return Buffer.from(plaintext);
  } catch (error) {
    // A key of the wrong kind is a TypeError of the library: whoever wrote the header chose it.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
    if (error instanceof Error && isCryptoError(error)) return null;
    throw error;
  }
}

export interface JweHeader {
  readonly alg: KeyManagementAlgorithm;
  readonly kid?: string;
  readonly typ?: string;
  readonly cty?: string;
}

/** A compact JWE of `plaintext` for the holder of `key`: the shared one (`dir`), or a public one. */
export function encryptJwe(
  plaintext: Uint8Array,
  key: KeyObject,
  header: JweHeader,
): Promise<string> {
  const parameters: CompactJWEHeaderParameters = { ...header, enc: CONTENT_ENCRYPTION };
  return new CompactEncrypt(plaintext).setProtectedHeader(parameters).encrypt(key);
}

/** RFC 7515 §2, one spelling only. Not compared with what is decoded and encoded again: a body may be long. */
function isBase64url(text: string): boolean {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  const last = Buffer.from(text.slice(-rest), 'base64url').toString('base64url');
  return last === text.slice(-rest);
}

/** Web Crypto and OpenSSL say no in their own ways. */
const isCryptoError = (error: Error): boolean =>
  error.name === 'OperationError' || error.name === 'DataError';
