import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { productionStores } from '../../libs/sallyport/src/production.js';
import { Public } from '../../libs/sallyport/src/request/public.decorator.js';
import { SallyportModule } from '../../libs/sallyport/src/sallyport.module.js';
import { postgresDataSourceOptions } from '../../libs/sallyport/src/stores/typeorm/postgres-data-source-options.js';

/** An instance that counts usage, in a process of its own that a test can kill. Tells its URL when it listens. */
const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new TypeError(`${name} is not set`);
  return value;
};

@Controller('probe')
class ProbeController {
  @Get()
  @Public()
  probe(): string {
    return 'ok';
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      ...postgresDataSourceOptions(setting('DATABASE_URL')),
      autoLoadEntities: true,
      retryAttempts: 0,
    }),
    SallyportModule.forRoot({
      issuer: 'https://api.test/oauth',
      audience: 'https://api.test',
      environment: 'production',
      throttling: { address: false },
      usage: { flushSeconds: Number(setting('FLUSH_SECONDS')) },
      stores: productionStores({
        redis: setting('REDIS_URL'),
        kek: setting('KEK'),
        redisKeyPrefix: setting('PREFIX'),
        runMigrations: true,
      }),
    }),
  ],
  controllers: [ProbeController],
})
class UsageProcessModule {}

const app = await NestFactory.create(UsageProcessModule, { logger: false, abortOnError: false });
await app.listen(0, '127.0.0.1');
process.send?.(await app.getUrl());
