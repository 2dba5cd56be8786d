import { createSecretKey, hash } from 'node:crypto';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { component } from '../../libs/sallyport/src/signatures/component.js';
import { fieldsOf } from '../../libs/sallyport/src/signatures/http-message.js';
import { signMessage } from '../../libs/sallyport/src/signatures/sign-message.js';
import type { SignatureKey } from '../../libs/sallyport/src/signatures/signature-algorithms.js';
import type { SignatureParameters } from '../../libs/sallyport/src/signatures/presented-signature.js';
import type { TestApi } from './adapters.js';
import { TEST_AUDIENCE } from './tokens.js';

/** The origin under which the small apps are known; `Host` of what is sent says so too, unless a test lies. */
export const PUBLIC_ORIGIN = TEST_AUDIENCE;

type Lines = readonly (readonly [string, string])[];

/** What is to be sent, and what of it differs from the usual signed request. */
export interface Plan {
  readonly method?: string;
  readonly target?: string;
  readonly scheme?: 'http' | 'https';
  readonly authority?: string;
  readonly body?: string | Buffer;
  /** Fields beside those of the body and the signature. */
  readonly headers?: Lines;
  /** Names of what is covered; `usual` is what is always demanded. */
  readonly cover?: readonly string[];
  readonly parameters?: Partial<SignatureParameters>;
  /** The request after it was signed. */
  readonly tamper?: (sent: Sent) => Sent;
  /** Bytes at a time, without a length. */
  readonly chunkBytes?: number;
}

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: Lines;
  readonly body: Buffer;
}

export interface SignedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly rawHeaders: readonly string[];
  readonly content: Buffer;
}

let nonces = 0;

export const hmacKey = (secret: string | null): SignatureKey => ({
  algorithm: 'hmac-sha256',
  key: createSecretKey(Buffer.from(secret ?? '', 'base64url')),
});

/** Signs as a client would. `created` is the real time unless the plan says otherwise. */
export function signed(key: SignatureKey, keyid: string, plan: Plan = {}): Sent {
  const { method = 'POST', target = '/signed', headers = [] } = plan;
  const { scheme = 'https', authority = new URL(PUBLIC_ORIGIN).host } = plan;
  const content = Buffer.from(plan.body ?? '');
  const digest = `sha-256=:${hash('sha256', content, 'base64')}:`;
  const own: Lines =
    content.length === 0
      ? []
      : [
          ['Content-Type', 'application/json'],
          ['Content-Digest', digest],
        ];
  const lines: Lines = [
    ['Host', authority],
    ...own.filter(([name]) => !has(headers, name)),
    ...headers,
  ];
  const usual = ['@method', '@authority', '@path', '@query'];
  const encoding = has(headers, 'content-encoding') ? ['content-encoding'] : [];
  const body = content.length === 0 ? [] : ['content-digest', 'content-type', ...encoding];
  const authorization = has(headers, 'authorization') ? ['authorization'] : [];
  const cover = plan.cover ?? [...usual, ...body, ...authorization];
  nonces += 1;
  const fields = signMessage(
    { method, scheme, authority, target, fields: fieldsOf(lines.flat()) },
    'sig1',
    cover.map((name) => component(name)),
    {
      created: Math.floor(Date.now() / 1000),
      keyid,
      nonce: `nonce-${nonces}`,
      alg: key.algorithm,
      ...plan.parameters,
    },
    key,
  );
  const sent = { method, target, headers: [...lines, ...Object.entries(fields)], body: content };
  return plan.tamper?.(sent) ?? sent;
}

const has = (lines: Lines, wanted: string): boolean =>
  lines.some(([name]) => name.toLowerCase() === wanted.toLowerCase());

export const portOf = (api: TestApi): number =>
  (api.app.getHttpServer() as { address(): AddressInfo }).address().port;

/** Puts it on the wire as it stands. */
export function transmit(port: number, sent: Sent, chunkBytes = 0): Promise<SignedAnswer> {
  const { method, target: path, body } = sent;
  const framing: Lines =
    chunkBytes > 0
      ? [['Transfer-Encoding', 'chunked']]
      : method === 'GET' && body.length === 0
        ? []
        : [['Content-Length', String(body.length)]];
  const headers = [...sent.headers, ...framing].flat();
  const { promise, resolve, reject } = Promise.withResolvers<SignedAnswer>();
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  outgoing.once('error', reject);
  outgoing.once('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () => {
      const content = Buffer.concat(chunks);
      const isJson = response.headers['content-type']?.includes('json') === true;
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers as SignedAnswer['headers'],
        body: isJson ? (JSON.parse(content.toString()) as unknown) : content.toString(),
        rawHeaders: response.rawHeaders,
        content,
      });
    });
  });
  if (chunkBytes === 0) outgoing.end(body);
  else void sendSlowly(outgoing, body, chunkBytes);
  return promise;
}

async function sendSlowly(
  outgoing: ReturnType<typeof request>,
  body: Buffer,
  chunkBytes: number,
): Promise<void> {
  for (let at = 0; at < body.length; at += chunkBytes) {
    outgoing.write(body.subarray(at, at + chunkBytes));
    await new Promise((resolve) => setImmediate(resolve));
  }
  outgoing.end();
}

/** Signs and sends. */
export function call(
  api: TestApi,
  key: SignatureKey,
  keyid: string,
  plan: Plan = {},
): Promise<SignedAnswer> {
  return transmit(portOf(api), signed(key, keyid, plan), plan.chunkBytes);
}
