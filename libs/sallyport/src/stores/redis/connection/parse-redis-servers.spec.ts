import type { RedisClusterOptions, RedisSentinelOptions } from '../redis-options.js';
import { parseRedisServers } from './parse-redis-servers.js';

const nobody = { username: null, password: null, isTls: false };
const app = { username: 'app', password: 'p@ss', isTls: true };

describe('What Redis to connect to', () => {
  it('is one server by its URL', () => {
    expect(parseRedisServers({ url: 'rediss://app:p%40ss@cache' })).toMatchObject({
      kind: 'single',
      endpoints: [{ host: 'cache', port: 6379 }],
      access: app,
    });
  });

  it('is a master by the Sentinels of a URL', () => {
    const url = 'rediss+sentinel://app:p%40ss@a,b:1,[::1]:2/my%20master/3?sentinel_password=s%26';
    expect(parseRedisServers({ url })).toEqual({
      kind: 'sentinel',
      endpoints: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
        { host: '::1', port: 2 },
      ],
      name: 'my master',
      database: 3,
      access: app,
      sentinelAccess: { username: null, password: 's&', isTls: true },
    });
  });

  it('is a master by Sentinels that are listed, with their own way of letting in', () => {
    const sentinels = ['redis://watch:w@a', 'redis://watch:w@b:1'];
    const options = { sentinels, name: 'main', username: 'app', password: 'p@ss', tls: true };
    expect(parseRedisServers(options)).toEqual({
      kind: 'sentinel',
      endpoints: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
      ],
      name: 'main',
      database: 0,
      access: app,
      sentinelAccess: { username: 'watch', password: 'w', isTls: false },
    });
    const plain = { sentinels: ['redis://a'], name: 'main' };
    expect(parseRedisServers(plain)).toMatchObject({ access: nobody, sentinelAccess: nobody });
    const safe = { sentinels: ['rediss://a'], name: 'main' };
    expect(parseRedisServers(safe)).toMatchObject({ access: { isTls: true } });
  });

  it.each<{ readonly url: string } | RedisClusterOptions>([
    { url: 'rediss+cluster://app:p%40ss@a,b:1' },
    { url: 'rediss+cluster://app:p%40ss@a,b:1/' },
    { cluster: ['rediss://app:p%40ss@a', 'rediss://app:p%40ss@b:1/'] },
  ])('is a Cluster by some of its nodes: %j', (given) => {
    expect(parseRedisServers(given)).toEqual({
      kind: 'cluster',
      endpoints: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 1 },
      ],
      access: app,
    });
  });

  const wrong: readonly ({ url: string } | RedisSentinelOptions | RedisClusterOptions)[] = [
    { url: 'redis+sentinel://u:hunter2@a' },
    { url: 'redis+sentinel://u:hunter2@a/' },
    { url: 'redis+sentinel://u:hunter2@a/main/x' },
    { url: 'redis+sentinel://u:hunter2@a/main/0/1' },
    { url: 'redis+sentinel://u:hunter2@a/main?hunter2=1' },
    { url: 'redis+sentinel://u:hunter2@/main' },
    { url: 'redis+sentinel://u:hunter2@a,/main' },
    { url: 'redis+sentinel://a,,b/main' },
    { url: 'redis+sentinel://u:hunter2@a:99999/main' },
    { url: 'redis+sentinel://u:hun@ter2@a/main' },
    { url: 'redis+sentinel://u:hunter2%zz@a/main' },
    { url: 'redis+cluster://u:hunter2@a/1' },
    { url: 'redis+cluster://u:hunter2@a?x=1' },
    { url: 'redis+cluster://u:hunter2@a b' },
    { url: 'redis+other://u:hunter2@a' },
    { url: 'sentinel://u:hunter2@a/main' },
    { sentinels: [], name: 'main' },
    { sentinels: ['redis://a'], name: '' },
    { sentinels: ['redis://:hunter2@a', 'redis://b'], name: 'main' },
    { sentinels: ['redis://:hunter2@a/1'], name: 'main' },
    { sentinels: ['http://:hunter2@a'], name: 'main' },
    { sentinels: ['redis://a'], name: 'main', database: -1 },
    { cluster: [] },
    { cluster: ['redis://u:hunter2@a', 'rediss://u:hunter2@b'] },
  ];

  it.each(wrong)('is refused without a password in what is said: %j', (given) => {
    const parse = () => parseRedisServers(given);
    expect(parse).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS_INVALID' }));
    expect(parse).not.toThrow(/hunter2/);
  });
});
