import type { Cluster, Redis } from 'ioredis';
import type { RedisClient } from './redis-options.js';

/**
 * Why this Redis must not be used, or null. Anything but `noeviction` would drop revocations and replay marks
 * when memory runs short, and so revive what they ended.
 */
export async function unfitness(client: RedisClient): Promise<string | null> {
  const nodes = isCluster(client) ? client.nodes('master') : [client];
  for (const node of nodes) {
    const policy = await evictionPolicy(node);
    if (policy === 'noeviction') continue;
    return (
      `Redis runs with maxmemory-policy ${policy ?? 'unknown'}: set it to noeviction ` +
      '(redis.conf, or CONFIG SET maxmemory-policy noeviction), since eviction would revive revoked tokens'
    );
  }
  return null;
}

export const isCluster = (client: RedisClient): client is Cluster => client.isCluster;

async function evictionPolicy(node: Redis): Promise<string | null> {
  try {
    const reply = await node.config('GET', 'maxmemory-policy');
    if (Array.isArray(reply) && typeof reply[1] === 'string') return reply[1];
  } catch {
    // An ACL or a managed service that forbids CONFIG still allows INFO.
  }
  const info = await node.info('memory');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null;
}
