import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { load, type Conversation } from './load.js';
import type { FromServer } from './parent.js';

export interface Measured {
  readonly perSecond: number;
  /** CPU time of one request in microseconds, of all threads of the process: in its own code. */
  readonly user: number;
  /** And in system calls. */
  readonly system: number;
}

/** A server in a process of its own: one of the files beside this, which is told the settings and tells `Loads`. */
export class BenchServer<Loads> {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
    readonly loads: Loads,
  ) {}

  static async start<Loads>(file: string, settings: object): Promise<BenchServer<Loads>> {
    const child = fork(join(import.meta.dirname, file), [JSON.stringify(settings)]);
    const started = await messageOf<Loads>(child);
    if (!('port' in started)) throw new TypeError('the server said something else');
    return new BenchServer(child, started.port, started.loads);
  }

  async measure(conversations: readonly Conversation[], milliseconds: number): Promise<Measured> {
    const before = await this.cpu();
    const { requests: count, perSecond } = await load(this.port, conversations, milliseconds);
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
    const answer = messageOf<Loads>(this.child);
    this.child.send('cpu');
    const message = await answer;
    if (!('cpu' in message)) throw new TypeError('the server said something else');
    return message.cpu;
  }
}

async function messageOf<Loads>(child: ChildProcess): Promise<FromServer<Loads>> {
  const controller = new AbortController();
  const ended = once(child, 'exit', controller).then(([code]) => {
    throw new Error(`a server ended with ${String(code)}`);
  });
  const message = once(child, 'message', controller).then(([said]) => said as FromServer<Loads>);
  try {
    return await Promise.race([message, ended]);
  } finally {
    controller.abort();
  }
}
