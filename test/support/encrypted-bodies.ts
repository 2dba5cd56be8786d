import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, type CompactJWEHeaderParameters } from 'jose';
import type { SignedAnswer } from './signed-requests.js';

/** As somebody would who has read the documentation, and knows none of our code. */
export function keyFor(
  purpose: 'request' | 'response',
  keyId: string,
  secret: string | null,
): KeyObject {
  const bytes = Buffer.from(secret ?? '', 'base64url');
  const info = `sallyport ${purpose} encryption v1 ${keyId}`;
  return createSecretKey(Buffer.from(hkdfSync('sha256', bytes, '', info, 32)));
}

/** A compact JWE by jose. */
export function encrypted(
  plaintext: string | Buffer,
  key: KeyObject,
  header: Partial<CompactJWEHeaderParameters> = {},
): Promise<string> {
  const parameters = { alg: 'dir', enc: 'A256GCM', cty: 'json', ...header };
  return new CompactEncrypt(Buffer.from(plaintext)).setProtectedHeader(parameters).encrypt(key);
}

export interface Opened {
  readonly header: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What is in an answer, by jose. */
export async function opened(answer: SignedAnswer, key: KeyObject): Promise<Opened> {
  const { plaintext, protectedHeader } = await compactDecrypt(answer.content, key);
  return { header: { ...protectedHeader }, text: Buffer.from(plaintext).toString() };
}

/** With other members in its header; `undefined` takes one out. */
export function withHeader(jwe: string, members: object): string {
  const [header = '', ...rest] = jwe.split('.');
  const changed = {
    ...(JSON.parse(Buffer.from(header, 'base64url').toString()) as object),
    ...members,
  };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
}
