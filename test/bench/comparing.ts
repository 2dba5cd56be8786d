import type { BenchServer, Measured } from './bench-server.js';
import type { Conversation } from './load.js';
import { spreadOf, type Spread } from './rounds.js';

export interface HttpResult {
  readonly name: string;
  /** Of the baseline's throughput in the slot just before. */
  readonly throughput: Spread;
  readonly requestsPerSecond: Spread;
  /** CPU time of the server's process for one request, all its threads: in its own code, and in system calls. */
  readonly userMicroseconds: Spread;
  readonly systemMicroseconds: Spread;
  /** What the baseline beside it took in its own code. */
  readonly baselineUserMicroseconds: Spread;
}

/** A server and what it is asked. */
export interface Contender {
  readonly name: string;
  readonly server: BenchServer<unknown>;
  readonly conversations: readonly Conversation[];
}

type Pair = readonly [baseline: Measured, one: Measured];

const ROUNDS = 7;
const SLOT_MS = 300;
/** Until the compiler has settled: after a second and a half a request still costs twice what it costs in the end. */
const WARM_UP_MS = 3000;

/** Compares contenders with a baseline by turns: baseline, A, baseline, A, …, then baseline, B, baseline, B, … */
export class Comparing {
  private readonly pairs = new Map<string, readonly Pair[]>();

  private constructor(private readonly baseline: Contender) {}

  static async with(baseline: Contender): Promise<Comparing> {
    await warmUp(baseline);
    return new Comparing(baseline);
  }

  /** One contender at a time: a server that idles between its turns costs a third more in the next one. */
  async compare(contender: Contender): Promise<void> {
    await warmUp(contender);
    const pairs: Pair[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      pairs.push([await slotOf(this.baseline), await slotOf(contender)]);
    }
    this.pairs.set(contender.name, pairs);
  }

  /** The baseline first. */
  results(): readonly HttpResult[] {
    const ofBaseline = [...this.pairs.values()].flat().map(([one]): Pair => [one, one]);
    return [[this.baseline.name, ofBaseline] as const, ...this.pairs].map(([name, pairs]) => ({
      name,
      ...summaryOf(pairs),
    }));
  }
}

const warmUp = ({ server, conversations }: Contender): Promise<Measured> =>
  server.measure(conversations, WARM_UP_MS);
const slotOf = ({ server, conversations }: Contender): Promise<Measured> =>
  server.measure(conversations, SLOT_MS);

const summaryOf = (pairs: readonly Pair[]): Omit<HttpResult, 'name'> => ({
  throughput: spreadOf(pairs.map(([baseline, one]) => one.perSecond / baseline.perSecond)),
  requestsPerSecond: spreadOf(pairs.map(([, one]) => one.perSecond)),
  userMicroseconds: spreadOf(pairs.map(([, one]) => one.user)),
  systemMicroseconds: spreadOf(pairs.map(([, one]) => one.system)),
  baselineUserMicroseconds: spreadOf(pairs.map(([baseline]) => baseline.user)),
});
