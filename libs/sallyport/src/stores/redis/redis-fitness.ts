import type { Cluster, Redis } from 'ioredis';
import { withDeadline } from './connection/deadline.js';
import type { RedisClient } from './redis-options.js';

/**
 * Why this Redis must not be used, or null. Anything but `noeviction` would drop revocations and replay marks
 * when memory runs short, and so revive what they ended. Of a Cluster every master is asked; one that does not answer
 * is asked when it is back. Rejects when none answers.
 */
export async function unfitness(client: RedisClient): Promise<string | null> {
  const nodes = isCluster(client) ? client.nodes('master') : [client];
  const policies = await Promise.allSettled(
    nodes.map((node) => withDeadline(evictionPolicy(node))),
  );
  const told = policies.filter((policy) => policy.status === 'fulfilled');
  if (told.length === 0) throw new Error('no server answered');
  const evicting = told.find(({ value }) => value !== 'noeviction');
  if (evicting === undefined) return null;
  return (
    `Redis runs with maxmemory-policy ${evicting.value ?? 'unknown'}: set it to noeviction ` +
    '(redis.conf, or CONFIG SET maxmemory-policy noeviction), since eviction would revive revoked tokens'
  );
}

export const isCluster = (client: RedisClient): client is Cluster => client.isCluster;

/** By INFO, which every user of ours may ask; CONFIG is an operator's. */
async function evictionPolicy(node: Redis): Promise<string | null> {
  const info = await node.info('memory');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null;
}
