import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import type { Adapter, AppConfig } from './config.js';
import { OpenApiDocument } from './docs/open-api-document.js';
import { answerRouterError } from './http/answer-router-error.js';
import type { Middleware } from './http/middleware.js';
import { createLog, requestLog } from './http/request-log.js';
import { requireJson } from './http/require-json.js';
import { securityHeaders } from './http/security-headers.js';
import { DemoSeed } from './seed/demo-seed.js';
import { developmentKek } from './seed/development-kek.js';

const BODY_LIMIT_BYTES = 1_048_576;
const START = { bufferLogs: true, abortOnError: false } as const;

export interface ReferenceApiOptions {
  readonly adapter: Adapter;
  readonly config: AppConfig;
}

/** The whole app, seeded in development, ready to listen. */
export async function createReferenceApi(options: ReferenceApiOptions): Promise<INestApplication> {
  const { adapter, config } = options;
  const log = createLog(config.logLevel);
  const module = AppModule.of({
    config,
    log,
    kek: config.kek ?? (await developmentKek(config.dataDir)),
  });
  const middleware = [requestLog(log), securityHeaders, requireJson];
  const app =
    adapter === 'fastify'
      ? await onFastify(module, middleware)
      : await onExpress(module, middleware);
  app.useLogger(app.get(Logger));
  try {
    if (config.hasDocs) app.get(OpenApiDocument).describe(app, config.publicOrigin);
    await app.init();
    if (config.isDevelopment) await app.get(DemoSeed).run();
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

type Module = ReturnType<typeof AppModule.of>;
async function onExpress(
  module: Module,
  middleware: readonly Middleware[],
): Promise<INestApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    ...START,
    bodyParser: false, // registered below, behind the middleware that may refuse a body
  });
  app.disable('x-powered-by');
  app.disable('etag');
  for (const step of middleware) app.use(step);
  app.useBodyParser('json', { limit: BODY_LIMIT_BYTES, inflate: false });
  return app;
}

async function onFastify(
  module: Module,
  middleware: readonly Middleware[],
): Promise<INestApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    // Paths mean what they mean on Express.
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true, caseSensitive: false },
    frameworkErrors: answerRouterError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, START);
  for (const step of middleware) app.use(step);
  return app;
}
