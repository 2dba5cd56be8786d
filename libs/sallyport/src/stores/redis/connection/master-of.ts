import type { Redis } from 'ioredis';
import type { RedisClient } from '../redis-options.js';
import { isCluster } from '../redis-fitness.js';
import { messageOf, withDeadline } from './deadline.js';

/** The node that answers for a key. Of a Cluster it is the one that does not send us elsewhere. */
export async function masterOf(client: RedisClient, key: string): Promise<Redis> {
  if (!isCluster(client)) return client;
  const asked = client.nodes('master').map(async (node) => {
    if (!(await answersFor(node, key))) throw new Error('not the master of this key');
    return node;
  });
  return withDeadline(Promise.any(asked)).catch(() => {
    throw new Error('no master of the key is known');
  });
}

async function answersFor(node: Redis, key: string): Promise<boolean> {
  try {
    await node.exists(key);
    return true;
  } catch (error) {
    // A slot on its way out is still this node's.
    return messageOf(error).startsWith('ASK ');
  }
}
