import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SallyportModule, Scopes, type SallyportOptions } from '@sallyport/nest';
import { clientWithKey } from '../support/cast.js';
import { adapters } from '../support/reference-api.js';

@Injectable()
class Settings {
  readonly prefix = 'acme';

  /** As a host's secret manager would: later. */
  async load(): Promise<SallyportOptions> {
    await sleep(10);
    return {
      issuer: 'https://api.test/oauth',
      audience: 'https://api.test',
      environment: 'development',
      apiKeys: { prefix: this.prefix },
    };
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Controller('things')
class ThingsController {
  @Get()
  @Scopes('things:read')
  list() {
    return ['a'];
  }
}

@Module({ controllers: [ThingsController] })
class HostModule {}

type Load = (settings: Settings) => SallyportOptions | Promise<SallyportOptions>;

describe.each(adapters)('forRootAsync, on %s', (adapter) => {
  const create = (load: Load) => {
    const module: DynamicModule = {
      module: HostModule,
      imports: [
        SallyportModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: load,
        }),
      ],
    };
    const start = { logger: false, abortOnError: false } as const;
    return adapter === 'fastify'
      ? NestFactory.create(module, new FastifyAdapter(), start)
      : NestFactory.create(module, start);
  };

  it('waits for the options and then protects every route [W10]', async () => {
    const app = await create((settings) => settings.load());
    try {
      await app.listen(0, '127.0.0.1');
      const url = `${await app.getUrl()}/things`;
      const key = await clientWithKey(app, 'shop', ['things:read']);
      expect(key).toMatch(/^acme_/);
      expect((await fetch(url)).status).toBe(401);
      const answer = await fetch(url, { headers: { 'x-api-key': key } });
      expect(await answer.json()).toEqual(['a']);
    } finally {
      await app.close();
    }
  });

  it('fails the start on options that cannot be meant, all of them together', async () => {
    const starting = create(() => ({ issuer: 'ftp://x', audience: '', hstsSeconds: -1 }));
    await expect(starting).rejects.toThrow(/issuer.*audience.*hstsSeconds/s);
  });
});
