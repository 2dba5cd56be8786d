import { Injectable } from '@nestjs/common';
import { SallyportError } from '../../errors.js';
import type { RateLimitDemand, RateLimitState } from '../../throttling/rate-limit.js';
import { RateLimitStore } from '../../throttling/rate-limit.store.js';
import { spanOf } from '../../throttling/sliding-window.js';
import { hashedForKey, RedisConnection } from './redis-connection.js';
import { slidingWindowScript } from './sliding-window.script.js';

const FIELDS = 4;

/** Counts by the clock of Redis, for all instances together; one EVALSHA for all the limits of a request. */
@Injectable()
export class RedisRateLimitStore extends RateLimitStore {
  constructor(private readonly connection: RedisConnection) {
    super();
  }

  async consume(demands: readonly RateLimitDemand[]): Promise<readonly RateLimitState[]> {
    const keys = demands.map((demand) => this.keyOf(demand));
    const args = demands.flatMap((demand) => [
      demand.limit,
      spanOf(demand),
      Math.ceil((demand.blockSeconds ?? 0) * 1000),
    ]);
    const reply = await this.connection.run((client) =>
      slidingWindowScript.run(client, keys, args),
    );
    if (!Array.isArray(reply) || reply.length !== demands.length * FIELDS) {
      throw new SallyportError('ERR_STORE_UNAVAILABLE', { reason: 'Redis: unexpected reply' });
    }
    return demands.map((demand, index) => {
      const [allowed, remaining, resetMs, waitMs] = reply
        .slice(index * FIELDS, (index + 1) * FIELDS)
        .map(Number) as [number, number, number, number];
      return {
        policy: demand.policy,
        limit: demand.limit,
        windowSeconds: demand.windowSeconds,
        remaining,
        resetSeconds: Math.ceil(resetMs / 1000),
        allowed: allowed === 1,
        retryAfterSeconds: Math.ceil(waitMs / 1000),
      };
    });
  }

  private keyOf({ group, policy, tracker }: RateLimitDemand): string {
    return `${this.connection.prefix}:rl:{${hashedForKey(group)}}:${policy}:${hashedForKey(tracker)}`;
  }
}
