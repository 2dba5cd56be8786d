import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

const CONNECTIONS = 32;

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
}

/**
 * Sends these requests by turns over keep-alive connections for so long. Hand-made on sockets, since the client of
 * node:http costs more than the servers measured. Throws on any answer but 200.
 */
export async function load(
  port: number,
  requests: readonly Buffer[],
  milliseconds: number,
): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  try {
    let sent = 0;
    let answered = 0;
    const startedAt = performance.now();
    const next = (): Buffer | null =>
      performance.now() - startedAt < milliseconds
        ? (requests[sent++ % requests.length] ?? null)
        : null;
    await Promise.all(sockets.map((socket) => drive(socket, next, () => answered++)));
    const seconds = (performance.now() - startedAt) / 1000;
    return { requests: answered, perSecond: answered / seconds };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** A GET with these header lines, as it goes over the wire. */
export const requestBytes = (path: string, headers: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(
    [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1']
      .concat(Object.entries(headers).map(([name, value]) => `${name}: ${value}`))
      .concat('', '')
      .join('\r\n'),
  );

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** One request after the other on one connection, until there is no next. */
function drive(socket: Socket, next: () => Buffer | null, done: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let received = '';
  const send = (): void => {
    const request = next();
    if (request === null) resolve(undefined);
    else socket.write(request);
  };
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (!isWhole(received)) return;
    if (!received.startsWith('HTTP/1.1 200')) {
      reject(new Error(`not answered with 200 but:\n${received.slice(0, 1000)}`));
      return;
    }
    received = '';
    done();
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
