import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

export type Adapter = 'express' | 'fastify';

export const portOf = (app: INestApplication): number =>
  (app.getHttpServer().address() as AddressInfo).port;

/** Nest as it comes, on a free port of the loopback interface. */
export async function listen(
  module: DynamicModule,
  adapter: Adapter,
  bodyParser = true,
): Promise<INestApplication> {
  const settings = { logger: ['error', 'fatal'] as ('error' | 'fatal')[], bodyParser };
  const app =
    adapter === 'fastify'
      ? await NestFactory.create(module, withForms(bodyParser), settings)
      : await NestFactory.create(module, settings);
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Without a parser, Fastify refuses forms; with this one, the body is left to who reads it. */
function withForms(bodyParser: boolean): FastifyAdapter {
  const adapter = new FastifyAdapter();
  if (!bodyParser) {
    const type = 'application/x-www-form-urlencoded';
    adapter.getInstance().addContentTypeParser(type, (_request, _body, done) => {
      done(null);
    });
  }
  return adapter;
}
