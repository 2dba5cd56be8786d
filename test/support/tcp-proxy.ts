import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { TcpWire, type Moment } from './tcp-wire.js';

/** A wire to a server that a test can spoil: the server itself is real and goes on. */
export interface TcpProxy {
  /** The URL given to `startTcpProxy`, led through the wire. */
  readonly url: string;
  /** Ends all connections and refuses new ones. */
  cut(): void;
  /** Lets nothing through in either direction, closes nothing, and accepts new connections: a black hole. */
  block(): void;
  /** Ends all connections with a reset; new ones pass. */
  reset(): void;
  /** Ends all connections at the server alone: whoever asked is told nothing. New ones pass. */
  halfOpen(): void;
  /** What is sent to the server arrives so much later; answers take no longer. */
  delay(milliseconds: number): void;
  /** Lets so few bytes a second through, in each direction. */
  trickle(bytesPerSecond: number): void;
  /** Cuts one connection at that moment. Resolves, when it is cut, to the answer that was lost. */
  cutAt(moment: Moment): Promise<string>;
  /** As at the start. */
  mend(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const wire = new TcpWire(target);
  const server = createServer((near) => {
    wire.accept(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return Object.assign(wire, {
    url: url.href,
    async close() {
      wire.dropAll();
      server.close();
      await once(server, 'close');
    },
  });
}
