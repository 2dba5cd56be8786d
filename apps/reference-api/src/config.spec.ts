import { SallyportError } from '@sallyport/nest';
import { readConfig } from './config.js';

const production = {
  DATABASE_URL: 'postgres://app@db/app',
  REDIS_URL: 'rediss://cache',
  SALLYPORT_KEK: `k1:${'A'.repeat(43)}`,
  PUBLIC_ORIGIN: 'https://api.example.com',
};

describe('readConfig', () => {
  it('needs nothing in development: embedded stores, on loopback', () => {
    expect(readConfig({ SALLYPORT_ENV: 'development' })).toEqual({
      isDevelopment: true,
      adapter: 'express',
      host: '127.0.0.1',
      port: 3000,
      publicOrigin: 'http://localhost:3000',
      issuer: 'http://localhost:3000/oauth',
      dataDir: '.data',
      stores: { kind: 'embedded' },
      kek: null,
      trustedProxies: [],
      logLevel: 'info',
      hasDocs: true,
    });
  });

  it.each([undefined, '', 'production', 'Development', 'dev'])(
    'takes SALLYPORT_ENV=%s for production, without docs',
    (SALLYPORT_ENV) => {
      const config = readConfig({ ...production, SALLYPORT_ENV });
      expect(config).toMatchObject({ isDevelopment: false, hasDocs: false, host: '0.0.0.0' });
    },
  );

  it('reports all mistakes together', () => {
    const mistakes = mistakesOf({ PORT: '99999', LOG_LEVEL: 'loud', DOCS: 'yes', ADAPTER: 'koa' });
    for (const name of [
      'PORT',
      'LOG_LEVEL',
      'ADAPTER',
      'DOCS',
      'DATABASE_URL',
      'REDIS_URL',
      'SALLYPORT_KEK',
      'PUBLIC_ORIGIN',
    ]) {
      expect(mistakes).toContain(`${name} `);
    }
  });

  it('never quotes a value that may hold a secret [C18]', () => {
    const mistakes = mistakesOf({
      DATABASE_URL: 'mysql://u:hunter2@db',
      REDIS_URL: 'http://:hunter2@x',
    });
    expect(mistakes).toContain('DATABASE_URL must be');
    expect(mistakes).not.toContain('hunter2');
  });

  it.each([
    'http://api.example.com',
    'https://api.example.com/',
    'https://api.example.com/v1',
    'x',
  ])('refuses %s as public origin in production [C19]', (PUBLIC_ORIGIN) => {
    expect(mistakesOf({ ...production, PUBLIC_ORIGIN })).toContain('PUBLIC_ORIGIN must be');
  });

  it.each(['redis://a', 'rediss+sentinel://u:p@a,b:1/main', 'redis+cluster://a:1,b:2'])(
    'takes %s as Redis',
    (REDIS_URL) => {
      const { stores } = readConfig({ ...production, REDIS_URL });
      expect(stores).toMatchObject({ redisUrl: REDIS_URL });
    },
  );

  it('wants the real stores both or neither', () => {
    const { DATABASE_URL } = production;
    expect(mistakesOf({ SALLYPORT_ENV: 'development', DATABASE_URL })).toContain('REDIS_URL is');
  });

  it.each(['0', '-1', '1e3', '80 80', '65536'])('refuses PORT %s', (PORT) => {
    expect(mistakesOf({ ...production, PORT })).toContain('PORT must be');
  });

  it('splits the list of trusted proxies', () => {
    const config = readConfig({ ...production, TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1' });
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '192.0.2.1']);
  });
});

function mistakesOf(environment: Parameters<typeof readConfig>[0]): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof SallyportError) return error.message;
    throw error;
  }
  throw new Error('expected a refusal');
}
