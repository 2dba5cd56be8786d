import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startClusterNode, type PrivateRedis } from './redis.js';

const MASTERS = 3;
/** After so long without a word a node counts as failed, and its replica takes over. */
const NODE_TIMEOUT_MS = 1000;

/** A node with a connection of the operator's to it. */
export interface ClusterNode extends PrivateRedis {
  readonly operator: Redis;
}

export interface RedisCluster {
  /** `redis+cluster://`, with all nodes. */
  readonly url: string;
  /** Masters and replicas as they were at the start. */
  readonly nodes: readonly ClusterNode[];
  /** Who is master of a key now, and a replica of it. */
  ownersOf(key: string): Promise<{ readonly master: ClusterNode; readonly replica: ClusterNode }>;
  /** Those that are masters now and answer. */
  masters(): Promise<readonly ClusterNode[]>;
  flush(): Promise<void>;
  /** Changes master and replica of a key, without loss. */
  failover(key: string): Promise<void>;
  /** Ends the node and starts it with nothing in it. */
  restartEmpty(node: ClusterNode): Promise<void>;
  stop(): Promise<void>;
}

/** Three masters and three replicas on free ports of this machine. End it with `stop`. */
export async function startRedisCluster(...settings: string[]): Promise<RedisCluster> {
  const nodes = await Promise.all(
    Array.from({ length: 2 * MASTERS }, async () => startNode(settings)),
  );
  const stop = async (): Promise<void> => {
    for (const { operator } of nodes) operator.disconnect();
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const masters = async (): Promise<readonly ClusterNode[]> => {
    const roles = await Promise.all(nodes.map((node) => roleOf(node)));
    return nodes.filter((_, index) => roles[index] === 'master');
  };
  const ownersOf: RedisCluster['ownersOf'] = async (key) => {
    for (const master of await masters()) {
      const isOwner = await master.operator.exists(key).then(
        () => true,
        () => false,
      );
      if (!isOwner) continue;
      const id = await master.operator.cluster('MYID');
      const replicas = String(await master.operator.cluster('REPLICAS', id));
      const replica = nodes.find(({ port }) => replicas.includes(`127.0.0.1:${port}@`));
      if (replica !== undefined) return { master, replica };
    }
    throw new Error('no master has this key');
  };
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    masters,
    ownersOf,
    async flush() {
      for (const { operator } of await masters()) await operator.flushall();
    },
    async failover(key) {
      const { master, replica } = await ownersOf(key);
      await replica.operator.cluster('FAILOVER');
      await until('the replica took over', async () => (await roleOf(replica)) === 'master');
      await until('the master follows', async () => (await roleOf(master)) === 'slave');
      // What one node says of another travels by gossip.
      await until('the new master knows of it', () =>
        ownersOf(key).then(
          () => true,
          () => false,
        ),
      );
    },
    async restartEmpty(node) {
      await node.kill();
      await node.start();
    },
    stop,
  };
}

async function startNode(settings: readonly string[]): Promise<ClusterNode> {
  const node = await startClusterNode(
    ...['--cluster-node-timeout', `${NODE_TIMEOUT_MS}`],
    ...['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
    // A replica that has heard nothing yet is not told to clients.
    ...['--repl-ping-replica-period', '1'],
    ...settings,
  );
  const operator = new Redis(node.url, {
    commandTimeout: 2000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 50,
  });
  operator.on('error', () => undefined);
  return { ...node, operator };
}

async function join(nodes: readonly ClusterNode[]): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) return;
  const masters = nodes.slice(0, MASTERS);
  const share = Math.ceil(16_384 / MASTERS);
  for (const [index, { operator }] of masters.entries()) {
    const end = Math.min((index + 1) * share, 16_384) - 1;
    await operator.cluster('ADDSLOTSRANGE', index * share, end);
  }
  for (const [index, { operator }] of nodes.entries()) {
    await operator.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  for (const { port, operator } of others) {
    const bus = String(await operator.config('GET', 'cluster-port')).split(',')[1];
    await first.operator.call('CLUSTER', 'MEET', '127.0.0.1', port, bus ?? '');
  }
  const says = async ({ operator }: ClusterNode, line: string): Promise<boolean> =>
    (await operator.cluster('INFO')).includes(line);
  const all = (line: string) => async (): Promise<boolean> =>
    (await Promise.all(nodes.map((node) => says(node, line)))).every(Boolean);

  await until('all nodes met', all(`cluster_known_nodes:${nodes.length}`));
  for (const [index, replica] of nodes.slice(MASTERS).entries()) {
    const id = (await masters[index]?.operator.cluster('MYID')) ?? '';
    await until('it may follow', () =>
      replica.operator.cluster('REPLICATE', id).then(
        () => true,
        () => false,
      ),
    );
  }
  await until('the slots are served', all('cluster_state:ok'));
  for (const replica of nodes.slice(MASTERS)) {
    await until('the replica follows', async () =>
      (await replica.operator.info('replication')).includes('master_link_status:up'),
    );
  }
  for (const { operator } of nodes) {
    await until('everybody knows the replicas', async () =>
      ((await operator.cluster('SLOTS')) as unknown[][]).every((range) => range.length === 4),
    );
  }
}

const roleOf = ({ operator }: ClusterNode): Promise<string | null> =>
  operator.info('replication').then(
    (text) => /^role:(\w+)/m.exec(text)?.[1] ?? null,
    () => null,
  );

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (await isTrue()) return;
    await sleep(25);
  }
  throw new Error(`in 10 s it did not come to be that ${what}`);
}
