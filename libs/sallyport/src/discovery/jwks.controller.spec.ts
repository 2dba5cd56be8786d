import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createSharedStores, createSigningKeys } from '../../../../test/support/lives.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';
import { JwksController } from './jwks.controller.js';

const service = createSigningKeys(createSharedStores());

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('JwksController on %s', (_, createAdapter) => {
  let app: INestApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      controllers: [JwksController],
      providers: [{ provide: SigningKeyService, useValue: service }],
    }).compile();
    app = module.createNestApplication(createAdapter());
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  it('publishes the set, cacheable for no longer than a key is published before use [C64]', async () => {
    const response = await fetch(`${await app.getUrl()}/.well-known/jwks.json`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/jwk-set\+json\b/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual(await service.jwks());
  });
});
