import type { CryptoKey, CryptoProvider, EcPublicJwk } from './crypto-provider.js';
import { base64url, bytesOfBase64, utf8, type Bytes } from './encoding.js';

/** The members that a header may have (RFC 7516 §4.1); whatever else is in one, it is refused. */
export interface JweHeader {
  readonly alg: 'dir' | 'ECDH-ES';
  readonly enc: 'A256GCM';
  readonly kid: string;
  readonly cty?: string;
  /** RFC 7518 §4.6.1.1. */
  readonly epk?: EcPublicJwk;
}

const MEMBERS = ['alg', 'enc', 'kid', 'cty', 'epk', 'typ'];
const ENC = 'A256GCM';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** RFC 7516 §5.1: compact, with an empty encrypted key. */
export async function sealJwe(
  crypto: CryptoProvider,
  key: CryptoKey,
  header: JweHeader,
  plaintext: Bytes,
): Promise<string> {
  const protectedHeader = base64url(utf8(JSON.stringify(header)));
  const nonce = crypto.randomBytes(NONCE_BYTES);
  const sealed = await crypto.seal(key, nonce, utf8(protectedHeader), plaintext);
  const [text, tag] = [sealed.slice(0, -TAG_BYTES), sealed.slice(-TAG_BYTES)];
  return [protectedHeader, '', ...[nonce, text, tag].map(base64url)].join('.');
}

/** The plaintext, by the key that `keyOf` has for the header; null for what is no JWE of ours, or does not open. */
export async function openJwe(
  crypto: CryptoProvider,
  text: string,
  keyOf: (header: JweHeader) => Promise<CryptoKey | null>,
): Promise<{ readonly header: JweHeader; readonly plaintext: Bytes } | null> {
  const [protectedHeader = '', encryptedKey, ...rest] = text.split('.');
  if (rest.length !== 3 || encryptedKey !== '' || !/^[\w.-]+$/.test(text)) return null;
  try {
    const [nonce, ciphertext, tag] = rest.map(bytesOfBase64) as [Bytes, Bytes, Bytes];
    if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) return null;
    const header = headerOf(bytesOfBase64(protectedHeader));
    const key = header === null ? null : await keyOf(header);
    if (header === null || key === null) return null;
    const sealed = new Uint8Array(ciphertext.length + TAG_BYTES);
    sealed.set(ciphertext);
    sealed.set(tag, ciphertext.length);
    const plaintext = await crypto.open(key, nonce, utf8(protectedHeader), sealed);
    return plaintext === null ? null : { header, plaintext };
  } catch {
    return null; // base64, JSON or a point that is none
  }
}

function headerOf(bytes: Bytes): JweHeader | null {
  const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JweHeader;
  const { alg, enc, kid, cty = '' } = header;
  const isOurs = ['dir', 'ECDH-ES'].includes(alg) && (enc as string) === ENC;
  if (!isOurs || typeof kid !== 'string' || typeof cty !== 'string') return null;
  return Object.keys(header).every((name) => MEMBERS.includes(name)) ? header : null;
}

/**
 * The key that two of P-256 agree upon (RFC 7518 §4.6.2): one round of Concat KDF for A256GCM, without PartyUInfo and
 * PartyVInfo.
 */
export async function agreedKey(
  crypto: CryptoProvider,
  privateKey: CryptoKey,
  publicKey: EcPublicJwk,
): Promise<CryptoKey> {
  const shared = await crypto.agree(privateKey, publicKey);
  const info = [...uint32(ENC.length), ...utf8(ENC), ...uint32(0), ...uint32(0), ...uint32(256)];
  return crypto.importContentKey(
    await crypto.sha256(new Uint8Array([...uint32(1), ...shared, ...info])),
  );
}

const uint32 = (value: number): readonly number[] => [0, 0, value >> 8, value & 255];
