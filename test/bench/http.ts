import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { load, requestBytes } from './load.js';
import { withRealStores, type RealStores } from './real-stores.js';
import { spreadOf, type Spread } from './rounds.js';
import type { FromServer, Loads, ServerSettings } from './server.js';

export interface HttpResult {
  readonly adapter: ServerSettings['adapter'];
  readonly name: string;
  /** Of the bare handler's throughput in the slot just before. */
  readonly throughput: Spread;
  readonly requestsPerSecond: Spread;
  /** CPU time of the server's process for one request, all its threads: in its own code, and in system calls. */
  readonly userMicroseconds: Spread;
  readonly systemMicroseconds: Spread;
  /** What the bare handler beside it took in its own code. */
  readonly bareUserMicroseconds: Spread;
}

interface Measured {
  readonly perSecond: number;
  readonly user: number;
  readonly system: number;
}

const ROUNDS = 7;
const SLOT_MS = 300;
/** Until the compiler has settled: after a second and a half a request still costs twice what it costs in the end. */
const WARM_UP_MS = 3000;

/** The same handler bare and behind each app, by turns: bare, A, bare, A, …, then bare, B, bare, B, … */
export async function overHttp(): Promise<readonly HttpResult[]> {
  const results: HttpResult[] = [];
  for (const adapter of ['fastify', 'express'] as const) {
    results.push(...(await withRealStores((stores) => onAdapter(adapter, stores))));
  }
  return results;
}

async function onAdapter(
  adapter: ServerSettings['adapter'],
  stores: RealStores | null,
): Promise<readonly HttpResult[]> {
  const kinds = (['bare', 'passport', 'memory', 'real'] as const).filter(
    (kind) => kind !== 'real' || stores !== null,
  );
  const servers: BenchServer[] = [];
  try {
    for (const kind of kinds) servers.push(await BenchServer.start({ adapter, kind, stores }));
    const [bare, ...others] = servers;
    if (bare === undefined) return [];
    const contenders = others.flatMap((server) =>
      Object.keys(server.loads).map((name) => ({ server, name })),
    );
    await bare.measure('bare', WARM_UP_MS);
    const pairs: (readonly (readonly [Measured, Measured])[])[] = [];
    for (const { server, name } of contenders) {
      pairs.push(await compare(bare, server, name));
    }
    const ofBare = pairs.flat().map(([one]) => [one, one] as const);
    return [
      { adapter, name: 'bare handler', ...summary(ofBare) },
      ...contenders.map(({ server, name }, index) => ({
        adapter,
        name: server.kind === 'real' ? `${name}, PostgreSQL + Redis` : name,
        ...summary(pairs[index] ?? []),
      })),
    ];
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** One contender at a time: a server that idles between its turns costs a third more in the next one. */
async function compare(
  bare: BenchServer,
  server: BenchServer,
  name: string,
): Promise<readonly (readonly [Measured, Measured])[]> {
  await server.measure(name, WARM_UP_MS);
  const pairs: (readonly [Measured, Measured])[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await bare.measure('bare', SLOT_MS);
    pairs.push([before, await server.measure(name, SLOT_MS)]);
  }
  return pairs;
}

const summary = (pairs: readonly (readonly [Measured, Measured])[]) => ({
  throughput: spreadOf(pairs.map(([bare, one]) => one.perSecond / bare.perSecond)),
  requestsPerSecond: spreadOf(pairs.map(([, one]) => one.perSecond)),
  userMicroseconds: spreadOf(pairs.map(([, one]) => one.user)),
  systemMicroseconds: spreadOf(pairs.map(([, one]) => one.system)),
  bareUserMicroseconds: spreadOf(pairs.map(([bare]) => bare.user)),
});

class BenchServer {
  private constructor(
    readonly kind: ServerSettings['kind'],
    private readonly child: ChildProcess,
    private readonly port: number,
    readonly loads: Loads,
  ) {}

  static async start(settings: ServerSettings): Promise<BenchServer> {
    const child = fork(join(import.meta.dirname, 'server.ts'), [JSON.stringify(settings)]);
    const started = await messageOf(child);
    if (!('port' in started)) throw new TypeError('the server said something else');
    return new BenchServer(settings.kind, child, started.port, started.loads);
  }

  async measure(name: string, milliseconds: number): Promise<Measured> {
    const requests = this.loads[name]?.map((headers) => requestBytes('/invoices', headers)) ?? [];
    const before = await this.cpu();
    const { requests: count, perSecond } = await load(this.port, requests, milliseconds);
    const after = await this.cpu();
    const spent = (kind: keyof NodeJS.CpuUsage): number => (after[kind] - before[kind]) / count;
    return { perSecond, user: spent('user'), system: spent('system') };
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  private async cpu(): Promise<NodeJS.CpuUsage> {
    const answer = messageOf(this.child);
    this.child.send('cpu');
    const message = await answer;
    if (!('cpu' in message)) throw new TypeError('the server said something else');
    return message.cpu;
  }
}

async function messageOf(child: ChildProcess): Promise<FromServer> {
  const controller = new AbortController();
  const ended = once(child, 'exit', controller).then(([code]) => {
    throw new Error(`a server ended with ${String(code)}`);
  });
  const message = once(child, 'message', controller).then(([said]) => said as FromServer);
  try {
    return await Promise.race([message, ended]);
  } finally {
    controller.abort();
  }
}
