import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server whose requests come from another address of this machine, such as 127.0.0.2. */
export async function fromAddress(
  localAddress: string,
  target: string,
): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port), localAddress });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    url: `http://127.0.0.1:${String((relay.address() as AddressInfo).port)}`,
    close() {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
