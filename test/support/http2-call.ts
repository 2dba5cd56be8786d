import { once } from 'node:events';
import { connect, type IncomingHttpHeaders, type SecureClientSessionOptions } from 'node:http2';

export interface Http2Call {
  readonly method?: string;
  readonly path: string;
  /** What the sender says it is calling. @default where it connects to */
  readonly authority?: string;
  /** Several lines of a name as a list. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Buffer | string;
  /** In so many frames. @default 1 */
  readonly frames?: number;
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request on an HTTP/2 connection of its own; without a body the headers end it. */
export async function callByHttp2(
  url: string,
  { method = 'GET', path, authority, headers = {}, body, frames = 1 }: Http2Call,
  tls: SecureClientSessionOptions = {},
): Promise<Http2Answer> {
  const session = connect(url, tls);
  const content = Buffer.from(body ?? '');
  try {
    const sent = session.request(
      {
        ':method': method,
        ':path': path,
        ...(authority !== undefined && { ':authority': authority }),
        ...headers,
      },
      { endStream: content.length === 0 },
    );
    const answered = once(sent, 'response') as Promise<
      [IncomingHttpHeaders & { ':status': number }]
    >;
    const size = Math.ceil(content.length / frames);
    for (let at = 0; at < content.length; at += size) {
      sent.write(content.subarray(at, at + size));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (content.length > 0) sent.end();
    const [{ ':status': status, ...others }] = await answered;
    let text = '';
    sent.setEncoding('utf8');
    for await (const chunk of sent) text += String(chunk);
    return { status, headers: others, text };
  } finally {
    session.destroy();
  }
}
