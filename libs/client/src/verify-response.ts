import { ClientError } from './client-error.js';
import type { CryptoProvider } from './crypto-provider.js';
import { bytesOfBase64, utf8 } from './encoding.js';
import { contentDigest, LABEL, type SigningKey } from './sign-request.js';
import { identifier, signatureBase, type Component, type SignedMessage } from './signature-base.js';

/** Answers may be as old as clocks differ. */
const MAX_AGE_SECONDS = 300;
const ITEM = /"(@?[a-z0-9-]+)"(;req)?(?:;key="([a-z][a-z0-9]*)")?(?: |$)/y;
const INPUT = /^([a-z]+)=(\(([^()]*)\)((?:;[a-z]+=(?:\d{1,15}|"[!#-[\]-~]*"))+))$/;
const SIGNATURE = /^([a-z]+)=:([A-Za-z0-9+/]+={0,2}):$/;

/**
 * Rejects with ERR_RESPONSE_SIGNATURE unless the response is signed by this key, whole, and as the answer to this very
 * request (RFC 9421 §2.4). Reads the body of a copy.
 */
export async function verifyResponse(
  crypto: CryptoProvider,
  keyOf: (keyId: string) => Promise<SigningKey | null>,
  request: SignedMessage,
  response: Response,
  now: number,
): Promise<void> {
  const { headers } = response;
  const [, label, parameters, items, rest = ''] =
    INPUT.exec(headers.get('signature-input') ?? '') ?? [];
  const [, signed, signature] = SIGNATURE.exec(headers.get('signature') ?? '') ?? [];
  const components = items === undefined ? null : componentsOf(items);
  if (parameters === undefined || signature === undefined || label !== signed) throw refused();
  if (components === null || !coversEnough(components, request)) throw refused();
  const age = now / 1000 - Number(/;created=(\d+)/.exec(rest)?.[1]);
  const key = await keyOf(/;keyid="([^"]*)"/.exec(rest)?.[1] ?? '');
  // Not `age > …`: without a time it is not a number.
  if (key === null || !(Math.abs(age) <= MAX_AGE_SECONDS)) throw refused();
  const base = signatureBase(components, parameters, request, response);
  if (base === null) throw refused();
  const bytes = bytesOfBase64(signature);
  if (!(await crypto.verify(key.algorithm, key.key, bytes, utf8(base)))) throw refused();
  const content = new Uint8Array(await response.clone().arrayBuffer());
  if (headers.get('content-digest') !== (await contentDigest(crypto, content))) throw refused();
}

function componentsOf(text: string): readonly Component[] | null {
  const components: Component[] = [];
  for (let at = 0; at < text.length; at = ITEM.lastIndex) {
    ITEM.lastIndex = at;
    const [, name, req, key = null] = ITEM.exec(text) ?? [];
    if (name === undefined) return null;
    components.push({ name, req: req !== undefined, key });
  }
  return components;
}

/** What it is, and what it answers. */
function coversEnough(components: readonly Component[], { headers }: SignedMessage): boolean {
  const covered = new Set(components.map(identifier));
  if (covered.size !== components.length) return false;
  const bound = ['@method', '@authority', '@path', '@query'].map((name) => `"${name}";req`);
  if (headers.has('content-digest')) bound.push('"content-digest";req');
  if (headers.has('signature')) bound.push(`"signature";req;key="${LABEL}"`);
  return ['"@status"', '"content-digest"', ...bound].every((one) => covered.has(one));
}

const refused = (): ClientError =>
  new ClientError('ERR_RESPONSE_SIGNATURE', 'the response is not signed as it must be');
