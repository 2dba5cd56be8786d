import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export const CONNECTIONS = 32;

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
}

/** What goes over a connection: one request after the other, each once the one before is answered. */
export interface Conversation {
  next(): Buffer;
  /** Hears a whole answer, whose status is 200. */
  hear?(answer: string): void;
}

export interface WireRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST of this form; without one it is a GET. */
  readonly form?: Readonly<Record<string, string>>;
}

/**
 * Loads the server for so long over keep-alive connections, which share the conversations. Hand-made on sockets, since
 * the client of node:http costs more than the servers measured. Throws on any answer but 200.
 */
export async function load(
  port: number,
  conversations: readonly Conversation[],
  milliseconds: number,
): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  try {
    const startedAt = performance.now();
    const isOver = (): boolean => performance.now() - startedAt >= milliseconds;
    const driving = sockets.map(async (socket, index) => {
      const conversation = conversations[index % conversations.length];
      return conversation === undefined ? 0 : drive(socket, conversation, isOver);
    });
    const answered = (await Promise.all(driving)).reduce((sum, count) => sum + count, 0);
    const seconds = (performance.now() - startedAt) / 1000;
    return { requests: answered, perSecond: answered / seconds };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** These requests by turns, over and over, whichever connection asks. */
export function byTurns(requests: readonly WireRequest[]): Conversation {
  const [first = Buffer.alloc(0), ...others] = requests.map(requestBytes);
  const all = [first, ...others];
  let sent = 0;
  return { next: () => all[sent++ % all.length] ?? first };
}

/** As it goes over the wire. */
export function requestBytes({ path, headers = {}, form }: WireRequest): Buffer {
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const sent = {
    Host: '127.0.0.1',
    ...headers,
    ...(form !== undefined && {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(body.length),
    }),
  };
  return Buffer.from(
    [`${form === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`]
      .concat(Object.entries(sent).map(([name, value]) => `${name}: ${value}`))
      .concat('', body)
      .join('\r\n'),
  );
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Ends with the answer during which it is over, and says how many there were. */
function drive(socket: Socket, conversation: Conversation, isOver: () => boolean): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let received = '';
  let answered = 0;
  const send = (): void => {
    if (isOver()) resolve(answered);
    else socket.write(conversation.next());
  };
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (!isWhole(received)) return;
    if (!received.startsWith('HTTP/1.1 200')) {
      reject(new Error(`not answered with 200 but:\n${received.slice(0, 1000)}`));
      return;
    }
    conversation.hear?.(received);
    received = '';
    answered += 1;
    send();
  });
  socket.once('error', reject);
  socket.once('close', () => {
    reject(new Error('the server closed a connection'));
  });
  send();
  return promise;
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  return received.length >= end + 4 + Number(length ?? 0);
}
