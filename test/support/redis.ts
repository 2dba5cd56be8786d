import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { freePort } from '../../tools/stores/free-port.mjs';
import { runRedis, type PrivateRedis, type RedisPlace } from './redis-process.js';

export type { PrivateRedis } from './redis-process.js';

/** The Redis that the test runner found; unset where only the embedded stores are covered. */
export const sharedRedisUrl = process.env.TEST_REDIS_URL;

/** Whether a test may have a Redis process of its own, to flush, stop and restart. */
export const canStartRedis =
  sharedRedisUrl !== undefined && spawnSync('redis-server', ['--version']).status === 0;

/** A key prefix that no other test uses. */
export const ownPrefix = (): string => `test:${crypto.randomUUID()}`;

/** Deletes all keys of a prefix; for the shared Redis. */
export async function dropPrefix(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  for await (const keys of client.scanStream({ match: `*${prefix}:*`, count: 1000 })) {
    if ((keys as string[]).length > 0) await client.unlink(keys as string[]);
  }
  await client.quit();
}

/** A redis-server process on a free port, in a directory of its own. End it with `stop`. */
export const startRedis = (...settings: string[]): Promise<PrivateRedis> =>
  runRedis((place) => Promise.resolve([...settingsAt(place), ...settings]));

/** A process that may be a node of a Cluster, which has a port for its bus too. It still needs its slots (`CLUSTER ADDSLOTSRANGE`). */
export const startClusterNode = (...settings: string[]): Promise<PrivateRedis> =>
  runRedis(async (place) => [
    ...settingsAt(place),
    ...['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
    ...['--cluster-port', `${await freePort()}`],
    ...settings,
  ]);

const settingsAt = ({ port, directory }: RedisPlace): readonly string[] => [
  ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
];
