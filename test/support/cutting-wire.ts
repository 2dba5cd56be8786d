import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A moment of a conversation, by the words of the side that asks. */
export interface Moment {
  /** What is being said. */
  readonly at: string;
  /** What must have been said on the same connection since it last began with `START TRANSACTION`, if anything. */
  readonly since?: string;
  /** Whether the words still arrive, and only their answer is lost. */
  readonly arrives: boolean;
}

/** A wire that a test can cut between a question and its answer. */
export interface CuttingWire {
  /** The URL given to `startCuttingWire`, led through the wire. */
  readonly url: string;
  /** Cuts one connection at that moment. Resolves, when it is cut, to the answer that was lost. */
  cut(moment: Moment): Promise<string>;
  close(): Promise<void>;
}

interface Cut extends Moment {
  readonly done: (lost: string) => void;
}

export async function startCuttingWire(target: string): Promise<CuttingWire> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let waiting: Cut | null = null;

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    let said = '';
    let mute: Cut | null = null;
    near.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      said = text.includes('START TRANSACTION') ? text : said + text;
      const { at, since = '' } = waiting ?? {};
      if (waiting === null || at === undefined || !text.includes(at) || !said.includes(since)) {
        far.write(chunk);
        return;
      }
      mute = waiting;
      waiting = null;
      if (mute.arrives) {
        far.write(chunk);
      } else {
        end();
        mute.done('');
      }
    });
    far.on('data', (chunk) => {
      if (mute === null) {
        near.write(chunk);
        return;
      }
      end();
      mute.done(chunk.toString('latin1'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut: (moment) =>
      new Promise((done) => {
        waiting = { ...moment, done };
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
