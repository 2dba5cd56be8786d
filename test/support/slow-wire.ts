import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SlowWire {
  /** The URL given to `startSlowWire`, led through the wire. */
  readonly url: string;
  close(): Promise<void>;
}

/** A wire to a store that is real, but far away: whatever is sent to it arrives so much later. Answers take no longer. */
export async function startSlowWire(target: string, milliseconds: number): Promise<SlowWire> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay();
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    // Timers of one length end in the order in which they began.
    near.on('data', (chunk) => setTimeout(() => far.write(chunk), milliseconds));
    far.on('data', (chunk) => near.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
