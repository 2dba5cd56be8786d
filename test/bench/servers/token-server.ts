/** A process of its own for each server that issues tokens: `node token-server.ts '{"kind":…}'`, then by messages. */
import { randomUUID } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { bareEngine, bareSignature, mounted } from '../apps/bare-issuers.js';
import { Rival } from '../rivals/better-auth.js';
import { issuerApp, registerIssuerClient, signIn } from '../apps/issuer.js';
import { CLIENT } from '../apps/names.js';
import type { RealStores } from '../apps/real-stores.js';
import { serve, settingsOf } from '../measuring/parent.js';
import type { Started } from '../measuring/side.js';
import { listen, portOf, type Adapter } from './listen.js';

export interface TokenServerSettings {
  readonly adapter: Adapter;
  readonly kind: 'signature' | 'engine' | 'better-auth' | 'Sallyport';
  /** Null for memory stores. */
  readonly stores: RealStores | null;
  /** To be refreshed. @default 0 */
  readonly logins?: number;
}

const settings = settingsOf<TokenServerSettings>();
const secret = randomUUID();

switch (settings.kind) {
  case 'signature':
    await serveMounted(bareSignature(), basic(secret));
    break;
  case 'engine':
    await serveMounted(bareEngine(secret), basic(secret));
    break;
  case 'better-auth': {
    const rival = await Rival.start(null);
    const module = mounted(await rival.handler(), '/api/auth/oauth2/token');
    await serveMounted(module, await rival.registerClient());
    break;
  }
  case 'Sallyport':
    await serveSallyport();
}

async function serveSallyport(): Promise<void> {
  const { adapter, stores, logins = 0 } = settings;
  const app = await listen(issuerApp(stores), adapter);
  const issued = await registerIssuerClient(app);
  const refreshTokens = await signIn(app, issued, logins);
  const credentials = { basic: basic(issued), refreshTokens };
  serve<Started>({ port: portOf(app), credentials }, () => app.close());
}

async function serveMounted(module: DynamicModule, authorization: string): Promise<void> {
  const app = await listen(module, settings.adapter, false);
  const credentials = { basic: authorization };
  serve<Started>({ port: portOf(app), credentials }, () => app.close());
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`${CLIENT}:${password}`).toString('base64')}`;
}
