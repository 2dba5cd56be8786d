/** A process of its own for each server that issues tokens: `node token-server.ts '{"kind":…}'`, then by messages. */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bareEngine, bareSignature } from './bare-issuers.js';
import { serve, tell } from './parent.js';
import type { RealStores } from './real-stores.js';
import { CLIENT_ID } from './token-client.js';
import { authorizationServer, seedClient, seedLogins } from './token-app.js';

export interface TokenServerSettings {
  readonly kind: 'signature' | 'engine' | 'express' | 'fastify';
  /** Of an app: null for memory stores. */
  readonly stores: RealStores | null;
  /** To be refreshed. */
  readonly logins: number;
}

export interface TokenLoads {
  /** The client's credentials, as a header carries them. */
  readonly authorization: string;
  /** One of each login. */
  readonly refreshTokens: readonly string[];
}

const settings = JSON.parse(process.argv[2] ?? '') as TokenServerSettings;
const secret = randomUUID();

switch (settings.kind) {
  case 'signature':
    tellOf(await bareSignature());
    break;
  case 'engine':
    tellOf(await bareEngine(secret));
    break;
  case 'express':
  case 'fastify':
    await startApp(settings.kind, settings);
}

async function startApp(
  adapter: 'express' | 'fastify',
  { stores, logins }: TokenServerSettings,
): Promise<void> {
  const app = await authorizationServer(adapter, stores);
  serve(() => app.close());
  const issued = await seedClient(app);
  const refreshTokens = await seedLogins(app, issued, logins);
  const { port } = app.getHttpServer().address() as AddressInfo;
  tell({ port, loads: { authorization: basic(issued), refreshTokens } });
}

function tellOf(server: Server): void {
  serve(() => server.close());
  const { port } = server.address() as AddressInfo;
  tell({ port, loads: { authorization: basic(secret), refreshTokens: [] } });
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`${CLIENT_ID}:${password}`).toString('base64')}`;
}
