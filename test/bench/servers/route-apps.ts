import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { SigningKeyService } from '../../../libs/sallyport/src/index.js';
import { issueKeys, issueSigners, registerClient } from '../apps/app-context.js';
import { CALLERS } from '../apps/names.js';
import { bareApp, bareAppThatVerifies } from '../apps/bare.js';
import { guardedApp, type Limits } from '../apps/guarded.js';
import { InvoicesController, InvoicesOfClientsController } from '../apps/handlers.js';
import { betterAuthKeysApp } from '../rivals/better-auth-keys.app.js';
import { passportKeysApp } from '../rivals/passport-keys.app.js';
import { onRealStores, type RealStores } from '../apps/real-stores.js';
import { seed, type Seeds } from '../apps/seeds.js';
import { newKeys, tokenKeyOf, type TokenAlgorithm } from '../apps/token-key.js';
import { tutorialApp } from '../rivals/tutorial.app.js';
import type { Credentials } from '../load/callers.js';

export interface RouteSettings {
  readonly adapter: 'express' | 'fastify';
  readonly app:
    'bare' | 'bare-verify' | 'guarded' | 'tutorial' | 'passport-headerapikey' | 'better-auth';
  /** What callers show. @default 'token' */
  readonly credential?: 'token' | 'api-key' | 'signature';
  /** Null for memory stores. */
  readonly stores: RealStores | null;
  /** @default 'leased' */
  readonly limits?: Limits;
  /** RateLimit headers. @default false */
  readonly headers?: boolean;
  /** What has piled up before it starts. */
  readonly seeds?: Seeds;
  /** Of several instances, the first one registers the callers, and tells the others how they sign. */
  readonly joins?: Credentials;
  /** @default 'ES256' */
  readonly algorithm?: TokenAlgorithm;
}

export interface RouteStarted {
  readonly port: number;
  readonly credentials: Credentials;
}

interface RouteApp {
  readonly module: DynamicModule;
  /** Seeds the app that has started; what its callers are to show. */
  credentialsOf(app: INestApplication): Promise<Credentials> | Credentials;
}

export async function appOf(settings: RouteSettings): Promise<RouteApp> {
  switch (settings.app) {
    case 'bare':
      return { module: bareApp(), credentialsOf: bareCredentials(settings) };
    case 'bare-verify':
      return { module: bareAppThatVerifies(), credentialsOf: bareCredentials(settings) };
    case 'guarded':
      if (settings.seeds !== undefined) await seed(storesOf(settings), settings.seeds);
      return guarded(settings);
    case 'tutorial':
      return tutorial(settings);
    case 'passport-headerapikey':
      return ofKeys(await passportKeysApp(storesOf(settings).database, CALLERS));
    case 'better-auth':
      return ofKeys(await betterAuthKeysApp(storesOf(settings).database, CALLERS));
  }
}

/** Nobody checks them, but they are sent: reading headers is no part of what Sallyport costs. */
const bareCredentials =
  ({ credential = 'token' }: RouteSettings) =>
  (): Credentials => {
    if (credential === 'token') return { tokenKey: newKeys('ES256').tokenKey };
    const random = () =>
      `sp_live_${randomBytes(16).toString('hex')}_${randomBytes(24).toString('hex')}`;
    return { apiKeys: Array.from({ length: CALLERS }, random) };
  };

function guarded(settings: RouteSettings): RouteApp {
  const { stores, credential = 'token', limits = 'leased', headers = false } = settings;
  const [base, imports] =
    stores === null ? [{ environment: 'development' as const }, []] : onRealStores(stores);
  const algorithm = settings.algorithm === 'RS256' ? 'RS256' : 'ES256';
  const controllers = [credential === 'token' ? InvoicesController : InvoicesOfClientsController];
  return {
    module: guardedApp({ base, imports, controllers, limits, headers, algorithm }),
    credentialsOf: async (app) => {
      if (settings.joins !== undefined) return settings.joins;
      if (settings.seeds === undefined) await registerClient(app);
      if (credential === 'api-key') return { apiKeys: await issueKeys(app, CALLERS) };
      if (credential === 'signature') return { signers: await issueSigners(app, CALLERS) };
      const { kid, privateKey } = await app.get(SigningKeyService).activeKey();
      const tokenKey = tokenKeyOf(algorithm, kid, privateKey);
      return { tokenKey, clients: settings.seeds?.clients ?? 0 };
    },
  };
}

const ofKeys = ({ module, keys }: Awaited<ReturnType<typeof passportKeysApp>>): RouteApp => ({
  module,
  credentialsOf: () => ({ apiKeys: keys }),
});

function storesOf({ app, stores }: RouteSettings): RealStores {
  if (stores === null) throw new TypeError(`${app} needs PostgreSQL and Redis`);
  return stores;
}

async function tutorial(settings: RouteSettings): Promise<RouteApp> {
  const { algorithm = 'ES256' } = settings;
  const { redis } = storesOf(settings);
  if (algorithm === 'HS256') {
    const secret = randomBytes(32).toString('base64url');
    const module = await tutorialApp(secret, algorithm, redis);
    return { module, credentialsOf: () => ({ tokenKey: { kid: 'bench', algorithm, secret } }) };
  }
  const { publicPem, tokenKey } = newKeys(algorithm);
  const module = await tutorialApp(publicPem, algorithm, redis);
  return { module, credentialsOf: () => ({ tokenKey }) };
}
