import { createHmac, hash, randomBytes } from 'node:crypto';

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  /** JSON. */
  readonly body: string;
}

/** Whose signature it is: the id of an API key, and its signing secret. */
export interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

const COVERED = '("@method" "@authority" "@path" "@query" "content-digest" "content-type")';

/** The headers that make a request a signed one (RFC 9421, RFC 9530): all that a client has to do, without a library. */
export function signRequest(
  { method, url, body }: RequestToSign,
  { id, secret }: SigningKey,
): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  const digest = `sha-256=:${hash('sha256', body, 'base64')}:`;
  const created = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(16).toString('base64url');
  const parameters = `${COVERED};created=${String(created)};keyid="${id}";alg="hmac-sha256";nonce="${nonce}"`;
  const base = [
    `"@method": ${method}`,
    `"@authority": ${host}`,
    `"@path": ${pathname}`,
    `"@query": ${search === '' ? '?' : search}`,
    `"content-digest": ${digest}`,
    '"content-type": application/json',
    `"@signature-params": ${parameters}`,
  ].join('\n');
  const key = Buffer.from(secret, 'base64url');
  const signature = createHmac('sha256', key).update(base).digest('base64');
  return {
    'content-type': 'application/json',
    'content-digest': digest,
    'signature-input': `sig=${parameters}`,
    signature: `sig=:${signature}:`,
  };
}
