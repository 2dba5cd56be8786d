import { Inject, Injectable, Optional } from '@nestjs/common';
import { Clock, SystemClock } from '../../clock.js';
import { Limit } from '../../throttling/counting/limit.js';
import type { LimitDemand, RateLimitState } from '../../throttling/rate-limit.js';
import {
  RateLimitStore,
  type LeaseGrant,
  type LeaseRequest,
} from '../../throttling/rate-limit.store.js';
import { consumeTogether, type Consumption } from './rate-limit-consumption.js';
import { askForLeases, givingBack } from './rate-limit-leases.js';
import { censusScript } from './instance-census.script.js';
import { hashedForKey, RedisConnection } from './redis-connection.js';
import { TickBatch } from './tick-batch.js';

/**
 * Counts by the clock of Redis, for all instances together. What is asked for in one turn of the event loop travels in
 * one EVALSHA; on a Cluster in one for each slot, in parallel.
 */
@Injectable()
export class RedisRateLimitStore extends RateLimitStore {
  private readonly batch: TickBatch<Consumption, readonly RateLimitState[]>;

  constructor(
    private readonly connection: RedisConnection,
    // Tells only which days and months are near: Redis decides between them.
    @Optional() @Inject(Clock) private readonly clock: Clock = new SystemClock(),
  ) {
    super();
    this.batch = new TickBatch((consumptions) =>
      consumeTogether(this.connection, consumptions, this.now()),
    );
  }

  consume(demands: readonly (LimitDemand | Limit)[]): Promise<readonly RateLimitState[]> {
    const limits = demands.map((demand) => this.withKey(Limit.of(demand)));
    const [first] = limits;
    if (!this.connection.isCluster || limits.every(({ group }) => group === first?.group)) {
      return this.batch.add(limits);
    }
    return this.consumeBySlot(limits);
  }

  async lease(requests: readonly LeaseRequest[]): Promise<readonly LeaseGrant[]> {
    for (const { limit } of requests) this.withKey(limit);
    return askForLeases(this.connection, requests, this.now());
  }

  async countInstances(instance: string, lifeSeconds: number): Promise<number> {
    const key = `${this.connection.prefix}:rl:{instances}`;
    const reply = await this.connection.run((client) =>
      censusScript.run(client, [key], [instance, lifeSeconds * 1000]),
    );
    return Number(reply);
  }

  /** One call for each slot, in parallel: what was spent is given back when another refuses or fails. */
  private async consumeBySlot(limits: readonly Limit[]): Promise<readonly RateLimitState[]> {
    const groups = [...Map.groupBy(limits, ({ group }) => group).values()];
    const answers = await Promise.allSettled(groups.map((group) => this.batch.add(group)));
    const failure = answers.find(({ status }) => status === 'rejected');
    const states = new Map<Limit, RateLimitState>();
    const spent: Limit[] = [];
    for (const [n, answer] of answers.entries()) {
      if (answer.status === 'rejected') continue;
      for (const [at, state] of answer.value.entries()) {
        const limit = groups[n]?.[at];
        if (limit !== undefined) states.set(limit, state);
      }
      if (answer.value.every(({ allowed }) => allowed)) spent.push(...(groups[n] ?? []));
    }
    if (spent.length < limits.length)
      await this.lease(spent.map(givingBack)).catch(() => undefined);
    if (failure !== undefined) throw (failure as PromiseRejectedResult).reason;
    return limits.flatMap((limit) => states.get(limit) ?? []);
  }

  private now(): number {
    return this.clock.now().getTime();
  }

  private withKey(limit: Limit): Limit {
    const { group, policy, tracker } = limit;
    limit.storeKey ??= `${this.connection.prefix}:rl:{${hashedForKey(group)}}:${policy}:${hashedForKey(tracker)}`;
    return limit;
  }
}
