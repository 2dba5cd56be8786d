import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort, onFreePort } from '../../tools/stores/free-port.mjs';
import { runRedis } from '../support/redis-process.js';
import { canStartRedis } from '../support/redis.js';

const LOWEST_EPHEMERAL_PORT = 32_768;

describe('Ports of servers that tests start', () => {
  it('are given once, and from below what the system gives away by itself', async () => {
    const ports = await Promise.all(Array.from({ length: 200 }, () => freePort()));
    expect(new Set(ports).size).toBe(200);
    expect(Math.max(...ports)).toBeLessThan(LOWEST_EPHEMERAL_PORT);
  });

  const take = async (port: number): Promise<Server> => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };

  it('are others when somebody was faster, and three at most', async () => {
    const tried: number[] = [];
    const inUse = (port: number): Promise<never> => {
      tried.push(port);
      return Promise.reject(new Error('bind: Address already in use'));
    };
    await expect(onFreePort(inUse)).rejects.toThrow('in use');
    expect(new Set(tried).size).toBe(3);
    const server = await onFreePort((port) => (tried.length === 3 ? inUse(port) : take(port)));
    expect(tried).toHaveLength(4);
    server.close();
  });

  it('are not tried again for any other failure', async () => {
    let tries = 0;
    const broken = (): Promise<never> => {
      tries += 1;
      return Promise.reject(new Error('no such command'));
    };
    await expect(onFreePort(broken)).rejects.toThrow('no such command');
    expect(tries).toBe(1);
  });

  if (canStartRedis) {
    it('are others for a redis-server whose port was taken, which says so itself', async () => {
      const taken: Server[] = [];
      const redis = await runRedis(async ({ port, directory }) => {
        if (taken.length === 0) taken.push(await take(port));
        return ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
      });
      expect(taken.map((server) => server.address())).not.toContainEqual(
        expect.objectContaining({ port: redis.port }),
      );
      await redis.stop();
      for (const server of taken) server.close();
      const start = runRedis(() => Promise.resolve(['--no-such-setting', 'yes']));
      await expect(start).rejects.toThrow(/did not start[^]*no-such-setting/);
    });
  }
});
