import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeyService, ClientService } from '@sallyport/nest';
import { openShared, seeder, type Credentials, type Instance } from './instances.js';
import { Load, type Shot } from './load.js';
import { Stopwatch } from './stopwatch.js';

/** What is promised, in one place: the tests under load hold every fault to it. */
export const PROMISED = {
  /** The longest answer of any route, while any store is away. */
  answerMs: 2000,
  /** From the answer of a revocation to the last 200 of what it revoked. */
  stalenessMs: 1000,
  /** From the end of a fault to answers as before. */
  recoveryMs: 10_000,
  /** For the scheduler of a busy machine: the promises are about us. */
  slackMs: 700,
} as const;

/** Of the metered client: what it may send, in all, and the share that a loss of Redis may add. */
export const METERED = { limit: 20, windowSeconds: 2 } as const;

const REQUESTS_PER_SECOND = 80;
/** Several times what is allowed. */
const METERED_PER_SECOND = 60;
const CHANGE_EVERY_MS = 250;
const CALM_MS = 700;
const PREPARED = 24;

const others = {
  throttling: {
    address: false,
    user: false,
    // Counted, they would be two only when both have told a Redis that remembers it.
    expectedInstances: 2,
    client: {
      reads: { limit: 1_000_000, windowSeconds: 60 },
      writes: { limit: 1_000_000, windowSeconds: 60 },
    },
    plans: { metered: { reads: METERED } },
  },
} as const;

interface Watched extends Credentials {
  readonly kind: 'token' | 'api-key';
  readonly id: string;
}

export interface Report {
  readonly shots: readonly Shot[];
  /** When each revocation was acknowledged, by the name of its calls. */
  readonly revokedAt: ReadonlyMap<string, number>;
  /** How long administration took to answer, whatever it said. */
  readonly administration: readonly number[];
  /** Acknowledged keys that are not there, and revoked credentials that answer 200, after all is over. */
  readonly lost: readonly string[];
  readonly issued: number;
  readonly seconds: number;
}

/** Two instances, on Express and Fastify, with credentials that live, that are dead, and that will die. */
export async function openUnderLoad(database: string, redis: string): Promise<UnderLoad> {
  const shared = await openShared(database, redis, others);
  const [first] = shared.both;
  const clients = first.get(ClientService);
  const scope = ['invoices:read'];
  await clients.register(
    { clientId: 'metered', name: 'm', type: 'confidential', scope, plan: 'metered' },
    seeder,
  );
  return new UnderLoad(shared);
}

type Shared = Awaited<ReturnType<typeof openShared>>;

export class UnderLoad {
  private number = 0;

  constructor(private readonly shared: Shared) {}

  get prefix(): string {
    return this.shared.prefix;
  }

  close(): Promise<void> {
    return this.shared.close();
  }

  /** Sends requests while `fault` happens, and revokes and issues meanwhile; ends when all is as before. */
  async during(fault: () => Promise<void>): Promise<Report> {
    const run = new Run(this.shared, await this.prepare(PREPARED));
    const load = new Load(REQUESTS_PER_SECOND);
    const metered = new Load(METERED_PER_SECOND);
    const addTo = (to: Load, name: string, credentials: Credentials): void => {
      for (const [index, instance] of this.shared.both.entries()) {
        to.add(`${name} ${String(index)}`, () => instance.probe(credentials));
      }
    };
    const add = (name: string, credentials: Credentials): void => {
      addTo(load, name, credentials);
    };
    const [alive, dead] = [await this.prepare(2), await this.prepare(2)];
    for (const credentials of dead) await run.revoke(credentials);
    await sleep(PROMISED.stalenessMs);
    for (const credentials of alive) add('alive', credentials);
    for (const credentials of dead) add('dead', credentials);
    addTo(metered, 'metered', await this.newKey('metered'));

    const began = performance.now();
    for (const one of [load, metered]) one.start();
    await sleep(CALM_MS);
    const changes = run.change(add);
    const shots: Shot[] = [];
    try {
      await fault();
      await this.untilAsBefore(alive, run);
      await sleep(CALM_MS);
    } finally {
      run.end();
      await changes;
      for (const one of [load, metered]) shots.push(...(await one.stop()));
    }
    const seconds = (performance.now() - began) / 1000;
    return { ...(await run.result()), shots, seconds };
  }

  private async untilAsBefore(alive: readonly Watched[], run: Run): Promise<void> {
    const watch = new Stopwatch();
    const calls = this.shared.both.flatMap((instance) =>
      alive.map((credentials) => () => instance.probe(credentials)),
    );
    for (;;) {
      const statuses = await Promise.all(calls.map((call) => call()));
      if (statuses.every((status) => status === 200) && (await run.issue())) break;
      if (watch.milliseconds > PROMISED.recoveryMs + PROMISED.slackMs)
        throw new Error(`not as before: ${statuses.join(' ')}`);
      await sleep(50);
    }
    watch.stop();
  }

  /** By turns tokens and keys, all known to both instances. */
  private async prepare(count: number): Promise<Watched[]> {
    const [first] = this.shared.both;
    const prepared: Watched[] = [];
    for (let n = 0; n < count; n++) {
      const id = `t${String(this.number++)}-${String(Date.now())}`;
      const token = () => first.token({ sub: 'alice', client_id: 'mobile', jti: id });
      prepared.push(
        n % 2 === 0 ? { kind: 'token', id, token: await token() } : await this.newKey('shop'),
      );
    }
    for (const instance of this.shared.both) {
      for (const credentials of prepared) expect(await instance.probe(credentials)).toBe(200);
    }
    return prepared;
  }

  private async newKey(clientId: string): Promise<Watched> {
    const key = { clientId, name: 'k', scope: ['invoices:read'] };
    const { plaintext, apiKey: issued } = await this.shared.both[0]
      .get(ApiKeyService)
      .issue(key, seeder);
    return { kind: 'api-key', id: issued.id, key: plaintext };
  }
}

/** Administration while the fault lasts. */
class Run {
  private readonly revokedAt = new Map<string, number>();
  private readonly revoked: Watched[] = [];
  private readonly issued: string[] = [];
  private readonly administration: number[] = [];
  private isOver = false;
  private turn = 0;

  constructor(
    private readonly shared: Shared,
    private readonly mortal: Watched[],
  ) {}

  /** By turns revokes one of the mortal and issues a key, here and there. */
  async change(add: (name: string, credentials: Credentials) => void): Promise<void> {
    while (!this.isOver) {
      const next = this.mortal.pop();
      if (next !== undefined && (await this.revoke(next))) {
        const name = `revoked-${next.id}`;
        this.revokedAt.set(name, performance.now());
        add(name, next);
      }
      await this.issue();
      await sleep(CHANGE_EVERY_MS);
    }
  }

  /** Whether it was acknowledged. */
  async revoke(credentials: Watched): Promise<boolean> {
    const body = { kind: credentials.kind, id: credentials.id };
    const { status } = await this.administer('/admin/revocations', body);
    if (status === 204) this.revoked.push(credentials);
    return status === 204;
  }

  async issue(): Promise<boolean> {
    const body = { clientId: 'shop', name: 'issued', preset: 'read' };
    const answer = await this.administer('/admin/api-keys', body);
    if (answer.status === 201) this.issued.push((answer.body as { key: string }).key);
    return answer.status === 201;
  }

  end(): void {
    this.isOver = true;
  }

  async result(): Promise<Omit<Report, 'shots' | 'seconds'>> {
    const lost: string[] = [];
    for (const instance of this.shared.both) {
      for (const key of this.issued) {
        if ((await instance.probe({ key })) !== 200) lost.push('an issued key');
      }
      for (const credentials of this.revoked) {
        if ((await instance.probe(credentials)) === 200) lost.push('a revocation');
      }
    }
    const { revokedAt, administration } = this;
    return { revokedAt, administration, lost, issued: this.issued.length };
  }

  private async administer(path: string, body: object): Promise<{ status: number; body: unknown }> {
    const instance: Instance = this.shared.both[this.turn++ % 2 === 0 ? 0 : 1];
    const watch = new Stopwatch();
    const answer = await instance.call(path, { key: this.shared.admin, body });
    watch.stop();
    this.administration.push(watch.milliseconds);
    return answer;
  }
}

/** How the counts of Redis suffered. */
export interface Losses {
  /** How often they were lost or replaced by local shares: each may add one more limit. */
  readonly losses: number;
  /** Whether Redis answered in between: then it and the local shares count side by side. */
  readonly flaps?: boolean;
}

/** Holds a report to what is promised. */
export function expectPromises(report: Report, { losses, flaps = false }: Losses): void {
  const { shots, revokedAt, administration } = report;
  const longest = PROMISED.answerMs + PROMISED.slackMs;
  expect(shots.filter(({ took }) => took > longest)).toEqual([]);
  expect(shots.filter(({ status }) => ![200, 401, 429, 503].includes(status))).toEqual([]);
  expect(administration.filter((took) => took > longest)).toEqual([]);
  expect(shots.filter(({ call, status }) => call.startsWith('dead') && status === 200)).toEqual([]);
  expect(shots.filter((shot) => livesTooLong(shot, revokedAt))).toEqual([]);
  expect(report.lost).toEqual([]);
  expect(revokedAt.size).toBeGreaterThan(0);
  expect(report.issued).toBeGreaterThan(1);

  const metered = shots.filter(({ call }) => call.startsWith('metered'));
  const allowed = metered.filter(({ status }) => status === 200).length;
  const { limit, windowSeconds } = METERED;
  const perSecond = ((flaps ? 2 : 1) * limit) / windowSeconds;
  expect(allowed).toBeLessThanOrEqual(limit * (1 + losses) + perSecond * report.seconds);
  expect(allowed).toBeGreaterThan(limit / 2);
  expect(metered.some(({ status }) => status === 429)).toBe(true);
}

function livesTooLong({ call, sentAt, status }: Shot, revokedAt: ReadonlyMap<string, number>) {
  const at = revokedAt.get(call.slice(0, call.lastIndexOf(' ')));
  return (
    status === 200 && at !== undefined && sentAt > at + PROMISED.stalenessMs + PROMISED.slackMs
  );
}

/** The answers to credentials that live. */
export const answersToTheLiving = ({ shots }: Report): readonly number[] => [
  ...new Set(shots.filter(({ call }) => call.startsWith('alive')).map(({ status }) => status)),
];
