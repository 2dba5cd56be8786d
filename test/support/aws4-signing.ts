import { createHash, createHmac } from 'node:crypto';
import { PUBLIC_ORIGIN, type Sent } from './signed-requests.js';

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

interface Aws4Plan {
  readonly target: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default now */
  readonly at?: Date;
}

/** A POST of JSON, signed as an SDK of AWS does: by the id and the signing secret of an API key. */
export function signedAsAws(id: string, secret: string | null, plan: Aws4Plan): Sent {
  const { target, body, at = new Date() } = plan;
  const date = at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const fields: Record<string, string> = {
    'content-type': 'application/json',
    host: new URL(PUBLIC_ORIGIN).host,
    'x-amz-date': date,
    ...plan.headers,
  };
  const names = Object.keys(fields).sort();
  const lines = names.map((name) => `${name}:${fields[name] ?? ''}\n`).join('');
  const canonical = ['POST', target, '', lines, names.join(';'), sha256(body)].join('\n');
  const scope = `${date.slice(0, 8)}/eu-central-1/execute-api/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(mac, `AWS4${secret ?? ''}`);
  const authorization = [
    `AWS4-HMAC-SHA256 Credential=${id}/${scope}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${mac(key, text).toString('hex')}`,
  ].join(', ');
  const headers = [...Object.entries(fields), ['authorization', authorization] as const];
  return { method: 'POST', target, headers, body: Buffer.from(body) };
}
