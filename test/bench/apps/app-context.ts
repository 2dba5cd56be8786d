import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiKeyService, ClientService } from '../../../libs/sallyport/src/index.js';
import { guardedApp } from './guarded.js';
import { InvoicesController } from './handlers.js';
import { BY, CLIENT, SCOPE } from './names.js';
import { onRealStores, type RealStores } from './real-stores.js';

/** The parts of a guarded app, without a server; on memory stores if none are given. */
export async function guardedContext(stores: RealStores | null): Promise<INestApplication> {
  const [base, imports] =
    stores === null ? [{ environment: 'development' as const }, []] : onRealStores(stores);
  const module = guardedApp({
    base,
    imports,
    controllers: [InvoicesController],
    limits: 'leased',
    headers: false,
    algorithm: 'ES256',
  });
  const app = await NestFactory.create(module, { logger: ['error', 'fatal'] });
  await app.init();
  return app;
}

/** Registers the client that all callers use. */
export async function registerClient(app: INestApplication): Promise<void> {
  const client = { clientId: CLIENT, name: CLIENT, type: 'confidential' as const };
  await app.get(ClientService).register({ ...client, scope: SCOPE.split(' ') }, BY);
}

/** So many keys of that client, which sign. */
export async function issueSigners(
  app: INestApplication,
  count: number,
): Promise<readonly { readonly id: string; readonly secret: string }[]> {
  const service = app.get(ApiKeyService);
  const signers: { id: string; secret: string }[] = [];
  for (let key = 0; key < count; key++) {
    const input = { clientId: CLIENT, name: `bench ${key}`, scope: SCOPE.split(' ') };
    const { apiKey, signingSecret } = await service.issue({ ...input, signedOnly: true }, BY);
    signers.push({ id: apiKey.id, secret: signingSecret ?? '' });
  }
  return signers;
}

/** The texts of so many keys of that client. */
export async function issueKeys(app: INestApplication, count: number): Promise<readonly string[]> {
  const service = app.get(ApiKeyService);
  const keys: string[] = [];
  for (let key = 0; key < count; key++) {
    const input = { clientId: CLIENT, name: `bench ${key}`, scope: SCOPE.split(' ') };
    keys.push((await service.issue(input, BY)).plaintext);
  }
  return keys;
}
