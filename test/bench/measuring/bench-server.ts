import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { cores, pinnedTo } from './cores.js';
import type { Instrument, Reading } from './instruments.js';
import { load, type Load } from '../load/load.js';
import type { FromServer, Question } from './parent.js';
import type { Conversation } from '../load/wire.js';

const running = new Set<ChildProcess>();
const programs = resolve(import.meta.dirname, '../servers');

export interface Measured {
  readonly perSecond: number;
  /** CPU time of one request in microseconds, of all threads of the process: in its own code. */
  readonly user: number;
  /** And in system calls. */
  readonly system: number;
  /** Share of the time in which the process had work; well below 1, it was not the server that was measured. */
  readonly busy: number;
}

/** A process of its own on a core of its own: one of the programs under `servers`, which is told its settings and says when it has started. */
export class BenchServer<Started> {
  /** Ends all of them: whoever waits for one hears that it ended. */
  static endAll(): void {
    for (const child of running) child.kill();
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly started: Started,
  ) {}

  static async start<Started>(
    program: string,
    settings: object,
    core = cores?.server ?? null,
  ): Promise<BenchServer<Started>> {
    const child = fork(join(programs, program), [JSON.stringify(settings)], {
      ...pinnedTo(core),
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    const message = await messageOf<Started>(child);
    if (!('started' in message)) throw new TypeError('the server said something else');
    return new BenchServer(child, message.started);
  }

  /** Loads the server from here. */
  async measure(
    port: number,
    conversations: readonly Conversation[],
    milliseconds: number,
  ): Promise<Measured> {
    return this.costOf(() => load(port, conversations, milliseconds));
  }

  /** Lets the process do its work by itself. */
  async work(milliseconds: number): Promise<Measured> {
    return this.costOf(() => this.read('work', String(milliseconds)));
  }

  private async costOf(what: () => Promise<Load>): Promise<Measured> {
    const before = await this.read('cpu');
    const startedAt = performance.now();
    const { requests, perSecond } = await what();
    const microseconds = (performance.now() - startedAt) * 1000;
    const after = await this.read('cpu');
    const user = after.user - before.user;
    const system = after.system - before.system;
    const busy = (user + system) / microseconds;
    return { perSecond, user: user / requests, system: system / requests, busy };
  }

  async read<I extends Instrument>(instrument: I, argument = ''): Promise<Reading<I>> {
    const answer = messageOf<Started>(this.child);
    this.child.send({ instrument, argument } satisfies Question);
    const message = await answer;
    if (!('answer' in message)) throw new TypeError('the server said something else');
    return message.answer as Reading<I>;
  }

  async stop(): Promise<void> {
    if (!running.has(this.child)) return;
    const ended = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    await ended;
  }
}

async function messageOf<Started>(child: ChildProcess): Promise<FromServer<Started>> {
  const controller = new AbortController();
  const ended = once(child, 'exit', controller).then(([code]) => {
    throw new Error(`a server ended with ${String(code)}`);
  });
  const message = once(child, 'message', controller).then(([said]) => said as FromServer<Started>);
  try {
    return await Promise.race([message, ended]);
  } finally {
    controller.abort();
    ended.catch(() => undefined);
    message.catch(() => undefined);
  }
}
