import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  createEncryptionKeys,
  createSharedStores,
  createSigningKeys,
} from '../../../../test/support/lives.js';
import { DecryptionKeys } from '../encryption/decryption-keys.js';
import { SigningKeyService } from '../signing-keys/signing-key.service.js';
import { JwksController } from './jwks.controller.js';

const stores = createSharedStores();
const service = createSigningKeys(stores);
const encryptionKeys = createEncryptionKeys(stores);

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('JwksController on %s', (_, createAdapter) => {
  const publishing = async (decryptionKeys: DecryptionKeys): Promise<Response> => {
    const module = await Test.createTestingModule({
      controllers: [JwksController],
      providers: [
        { provide: SigningKeyService, useValue: service },
        { provide: DecryptionKeys, useValue: decryptionKeys },
      ],
    }).compile();
    const app: INestApplication = module.createNestApplication(createAdapter());
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/.well-known/jwks.json`);
    const text = await response.text();
    await app.close();
    return new Response(text, response);
  };

  it('publishes the set, cacheable for no longer than a key is published before use [C64]', async () => {
    const response = await publishing(createEncryptionKeys(stores, false));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/jwk-set\+json\b/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual(await service.jwks());
  });

  it('publishes the key to encrypt to beside them, where there is one [C61]', async () => {
    const { keys } = (await (await publishing(encryptionKeys)).json()) as { keys: unknown[] };
    expect(keys).toEqual([...(await service.jwks()).keys, await encryptionKeys.current()]);
  });
});
