import { hasRealStores, withRealStores, type RealStores } from '../apps/real-stores.js';
import { BenchServer, type Measured } from './bench-server.js';
import type { Credentials } from '../load/callers.js';
import type { Pace } from './pace.js';
import { sendEach } from '../load/send-each.js';
import type { Conversation, WireRequest } from '../load/wire.js';

/** What a server that answers HTTP says when it has started. */
export interface Started {
  readonly port: number;
  readonly credentials: Credentials;
}

/** A server and what it is asked: one of the two that a row compares. */
export interface Side {
  readonly name: string;
  /** One of `servers`. */
  readonly program: string;
  /** PostgreSQL and Redis, a database and a key prefix of its own. */
  readonly onRealStores: boolean;
  settings(stores: RealStores | null): object;
  /** What it is asked over HTTP; null for work that the process does by itself. */
  readonly conversations: ((started: Started) => readonly Conversation[]) | null;
  /** What it is sent once, before all else. */
  beforehand?(started: Started): readonly WireRequest[];
}

export const canRun = (side: Side): boolean => !side.onRealStores || hasRealStores;

/** A side that runs. */
export class Contender {
  private constructor(
    readonly server: BenchServer<Started>,
    readonly conversations: readonly Conversation[] | null,
  ) {}

  /** Starts the side, works with it, and takes away what it left. */
  static async with<T>(side: Side, work: (contender: Contender) => Promise<T>): Promise<T> {
    const onStores = async (stores: RealStores | null): Promise<T> => {
      const server = await BenchServer.start<Started>(side.program, side.settings(stores));
      try {
        const { port } = server.started;
        if (side.beforehand) await sendEach(port, side.beforehand(server.started));
        return await work(new Contender(server, side.conversations?.(server.started) ?? null));
      } finally {
        await server.stop();
      }
    };
    return side.onRealStores ? withRealStores(onStores) : onStores(null);
  }

  measure(milliseconds: number): Promise<Measured> {
    const { server, conversations } = this;
    return conversations === null
      ? server.work(milliseconds)
      : server.measure(server.started.port, conversations, milliseconds);
  }

  /** Until the compiler has settled: in the first seconds a request costs twice what it costs in the end. */
  async warmUp({ warmUpMs, warmUpSlots }: Pace): Promise<void> {
    let before = 0;
    for (let slot = 0; slot < warmUpSlots; slot++) {
      const { perSecond } = await this.measure(warmUpMs);
      if (slot > 1 && Math.abs(perSecond / before - 1) < SETTLED) return;
      before = perSecond;
    }
  }
}

const SETTLED = 0.03;
