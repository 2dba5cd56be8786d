import { request } from 'node:http';
import type { Instance } from './instances.js';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Sends what fetch would refuse to: any method, any `Host`, the same header twice. A body is a form. */
export function rawRequest(
  server: Pick<Instance, 'url'>,
  method: string,
  path: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
  body = '',
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(server.url);
  const hasHost = headers.some(([name]) => name.toLowerCase() === 'host');
  const form = [
    ['content-type', 'application/x-www-form-urlencoded'],
    ['content-length', String(Buffer.byteLength(body))],
  ] as const;
  const lines = [
    ...(hasHost ? [] : [['host', host] as const]),
    ...(body === '' ? [] : form),
    ...headers,
  ];
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const sent = request({ hostname, port, method, path, headers: lines.flat(), agent: false });
  sent.once('error', reject);
  sent.once('response', (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.once('error', reject);
    response.once('end', () => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
  });
  sent.end(body);
  return promise;
}
