import { SallyportError } from '../../errors.js';
import type { Limit } from '../../throttling/counting/limit.js';
import { stateOf, type Standing } from '../../throttling/counting/limit-state.js';
import type { RateLimitState } from '../../throttling/rate-limit.js';
import type { RedisConnection } from './redis-connection.js';
import { consumeScript } from './rate-limit-consume.script.js';

/** What one request spends, all or nothing. Keys are set. */
export type Consumption = readonly Limit[];

/** Requests that travel together: one script call should not hold up others for long. */
const MAX_TOGETHER = 64;

/** Each consumption for itself, in one call for as many as may share one. On a Cluster only those of one group may. */
export async function consumeTogether(
  connection: RedisConnection,
  consumptions: readonly Consumption[],
  now: number,
): Promise<readonly (readonly RateLimitState[])[]> {
  if (consumptions.length <= MAX_TOGETHER && !connection.isCluster) {
    return call(connection, consumptions, now);
  }
  const answers: (readonly RateLimitState[])[] = [];
  const parts = partsOf(consumptions, connection.isCluster);
  const calls = parts.map(async (part) => {
    const those = part.map((n) => consumptions[n] ?? []);
    const states = await call(connection, those, now);
    for (const [at, n] of part.entries()) answers[n] = states[at] ?? [];
  });
  await Promise.all(calls);
  return answers;
}

/** Positions of what may travel together. */
function partsOf(consumptions: readonly Consumption[], isCluster: boolean): readonly number[][] {
  const groups = new Map<string, number[]>();
  for (const [n, limits] of consumptions.entries()) {
    const group = isCluster ? (limits[0]?.group ?? '') : '';
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [n]);
    else known.push(n);
  }
  return [...groups.values()].flatMap((positions) =>
    Array.from({ length: Math.ceil(positions.length / MAX_TOGETHER) }, (_, part) =>
      positions.slice(part * MAX_TOGETHER, (part + 1) * MAX_TOGETHER),
    ),
  );
}

async function call(
  connection: RedisConnection,
  consumptions: readonly Consumption[],
  now: number,
): Promise<readonly (readonly RateLimitState[])[]> {
  const keys: string[] = [];
  const args: (string | number)[] = [];
  for (const limits of consumptions) {
    args.push(limits.length);
    for (const limit of limits) {
      keys.push(limit.storeKey ?? '');
      for (const argument of argumentsOf(limit, now)) args.push(argument);
    }
  }
  const reply = await connection.run((client) => consumeScript.run(client, keys, args));
  if (!Array.isArray(reply) || reply.length < keys.length) {
    throw new SallyportError('ERR_STORE_UNAVAILABLE', { reason: 'Redis: unexpected reply' });
  }
  let at = 0;
  return consumptions.map((limits) =>
    limits.map((limit) => {
      const said = Number(reply[at++]);
      const toPeriodEndMs = limit.period === null ? 0 : Number(reply[at++]);
      return stateOf(limit, standingOf(limit, said, toPeriodEndMs));
    }),
  );
}

function standingOf(limit: Limit, said: number, toPeriodEndMs: number): Standing {
  const allowed = said >= 0;
  const taken = allowed ? said : -1 - said;
  // Microseconds of a rate, requests of a quota.
  const level = limit.period === null ? taken / 1000 / limit.intervalMs : taken;
  return { allowed, level, toPeriodEndMs };
}

function argumentsOf(limit: Limit, now: number): readonly (string | number)[] {
  const { intervalMs, capacity, cost, blockMs, period } = limit;
  if (period !== null) return ['q', limit.limit, cost, ...period.boundsAt(now)];
  // To write fractions costs more than all the rest of a call.
  limit.storeArguments ??= [intervalMs, capacity * intervalMs, cost * intervalMs, blockMs].map(
    String,
  );
  return limit.storeArguments;
}
