import { SallyportError } from '../../errors.js';
import type { Limit } from '../../throttling/counting/limit.js';
import type { LeaseGrant, LeaseRequest } from '../../throttling/rate-limit.store.js';
import type { RedisConnection } from './redis-connection.js';
import { leaseScript } from './rate-limit-lease.script.js';

const FIELDS = 3;
const MAX_TOGETHER = 100;
const KINDS = { rate: 'r', quota: 'q', concurrency: 'c' } as const;

/** Each request for itself; as many as may share a call do. */
export async function askForLeases(
  connection: RedisConnection,
  requests: readonly LeaseRequest[],
  now: number,
): Promise<readonly LeaseGrant[]> {
  const parts = connection.isCluster ? groupsOf(requests) : chunksOf(requests);
  const grants = new Map<LeaseRequest, LeaseGrant>();
  await Promise.all(
    parts.map(async (part) => {
      const answers = await call(connection, part, now);
      for (const [n, request] of part.entries()) {
        const grant = answers[n];
        if (grant !== undefined) grants.set(request, grant);
      }
    }),
  );
  return requests.flatMap((request) => grants.get(request) ?? []);
}

/** What one request of several slots took, when another of its slots refused. */
export const givingBack = (limit: Limit): LeaseRequest => ({
  limit,
  holder: 'nobody',
  held: 0,
  need: 0,
  want: 0,
  giveBack: limit.cost,
  lifeSeconds: 0,
});

function chunksOf(requests: readonly LeaseRequest[]): readonly (readonly LeaseRequest[])[] {
  const count = Math.ceil(requests.length / MAX_TOGETHER);
  return Array.from({ length: count }, (_, n) =>
    requests.slice(n * MAX_TOGETHER, (n + 1) * MAX_TOGETHER),
  );
}

function groupsOf(requests: readonly LeaseRequest[]): readonly (readonly LeaseRequest[])[] {
  const groups = Map.groupBy(requests, ({ limit }) => limit.group);
  return [...groups.values()].flatMap(chunksOf);
}

async function call(
  connection: RedisConnection,
  requests: readonly LeaseRequest[],
  now: number,
): Promise<readonly LeaseGrant[]> {
  const keys = requests.map(({ limit }) => limit.storeKey ?? '');
  const args = requests.flatMap(({ limit, ...rest }) => [
    ...[KINDS[limit.kind], limit.intervalMs, limit.capacity],
    ...[rest.holder, rest.held, rest.need, rest.want, rest.giveBack, rest.lifeSeconds * 1000],
    ...(limit.period?.boundsAt(now) ?? [0, 0, 0]),
  ]);
  const reply = await connection.run((client) => leaseScript.run(client, keys, args));
  if (!Array.isArray(reply) || reply.length !== keys.length * FIELDS) {
    throw new SallyportError('ERR_STORE_UNAVAILABLE', { reason: 'Redis: unexpected reply' });
  }
  return requests.map(({ limit, lifeSeconds }, n) => {
    const [granted, level, toPeriodEndMs] = reply
      .slice(n * FIELDS, (n + 1) * FIELDS)
      .map(Number) as [number, number, number];
    const lifeMs = lifeSeconds * 1000;
    return {
      ...{ granted, level: level / 1000, toPeriodEndMs },
      lifeMs: limit.kind === 'quota' ? Math.min(lifeMs, toPeriodEndMs) : lifeMs,
    };
  });
}
