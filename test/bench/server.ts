/** A process of its own for each server that is measured: `node server.ts '{"adapter":…,"kind":…}'`, then by messages. */
import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SigningKeyService } from '../../libs/sallyport/src/index.js';
import { encode, signText } from '../support/tokens.js';
import { AUDIENCE, bareApp, guardedApp, OWN_ISSUER, passportApp, seedKey } from './apps.js';
import { serve, tell } from './parent.js';
import { onRealStores, type RealStores } from './real-stores.js';

export interface ServerSettings {
  readonly adapter: 'express' | 'fastify';
  readonly kind: 'bare' | 'passport' | 'memory' | 'real';
  readonly stores: RealStores | null;
}

/** Headers of requests that are to be sent by turns, by the name of what they show. */
export type Loads = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

const CLIENT = 'shop';
const USERS = 1000;

const { adapter, kind, stores } = JSON.parse(process.argv[2] ?? '') as ServerSettings;
const passportKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const modules: Readonly<Record<ServerSettings['kind'], () => DynamicModule>> = {
  bare: bareApp,
  passport: () =>
    passportApp(passportKeys.publicKey.export({ type: 'spki', format: 'pem' }) as string),
  memory: () => guardedApp(),
  real: () => {
    if (stores === null) throw new TypeError('no stores were given');
    return guardedApp(...onRealStores(stores));
  },
};

const app = await start(modules[kind]());
const { port } = app.getHttpServer().address() as AddressInfo;
serve(() => app.close());
tell({ port, loads: await loadsOf() });

async function start(module: DynamicModule): Promise<INestApplication> {
  const settings = { logger: ['error', 'fatal'] as ('error' | 'fatal')[] };
  const created =
    adapter === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), settings)
      : await NestFactory.create(module, settings);
  await created.listen(0, '127.0.0.1');
  return created;
}

async function loadsOf(): Promise<Loads> {
  if (kind === 'bare') return { 'bare handler': [{}] };
  if (kind === 'passport') {
    return { 'passport-jwt, ES256': [bearer('alice', 'none', passportKeys.privateKey)] };
  }
  const key = { 'X-API-Key': await seedKey(app, CLIENT) };
  const { kid, privateKey } = await app.get(SigningKeyService).activeKey();
  const alice = bearer('alice', kid, privateKey);
  const many = Array.from({ length: USERS }, (_, user) => bearer(`user-${user}`, kid, privateKey));
  return {
    'API key': [key],
    'user token': [alice],
    'API key + user token': [{ ...key, ...alice }],
    [`user tokens of ${USERS} users`]: many,
  };
}

function bearer(user: string, kid: string, privateKey: KeyObject): { Authorization: string } {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: OWN_ISSUER,
    aud: AUDIENCE,
    sub: user,
    sub_type: 'user',
    client_id: CLIENT,
    scope: 'invoices:read invoices:write',
    roles: ['viewer'],
    jti: randomUUID(),
    sid: randomUUID(),
    gid: randomUUID(),
    iat,
    exp: iat + 3600,
    uep: 0,
    cep: 0,
    rv: 0,
  };
  const input = `${encode({ alg: 'ES256', kid, typ: 'at+jwt' })}.${encode(claims)}`;
  const signature = signText('ES256', privateKey, input).toString('base64url');
  return { Authorization: `Bearer ${input}.${signature}` };
}
