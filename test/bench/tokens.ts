import { BenchServer } from './bench-server.js';
import { Comparing, type Contender, type HttpResult } from './comparing.js';
import { byTurns, CONNECTIONS } from './load.js';
import { withRealStores } from './real-stores.js';
import { RefreshChain } from './refresh-chain.js';
import { SCOPE } from './token-client.js';
import type { TokenLoads, TokenServerSettings } from './token-server.js';

/** Tokens from `/oauth/token` beside one bare signature, by the engine alone and by Sallyport. */
export async function tokens(): Promise<readonly HttpResult[]> {
  return withServer({ kind: 'signature', stores: null, logins: 0 }, async (signature) => {
    const comparing = await Comparing.with(ofClient('one ES256 signature', signature));
    const compare = async (settings: TokenServerSettings): Promise<void> => {
      await withServer(settings, async (server) => {
        for (const contender of contendersOf(server, settings)) await comparing.compare(contender);
      });
    };
    await compare({ kind: 'engine', stores: null, logins: 0 });
    await compare({ kind: 'express', stores: null, logins: 0 });
    await compare({ kind: 'fastify', stores: null, logins: 0 });
    await withRealStores(async (stores) => {
      if (stores !== null) await compare({ kind: 'fastify', stores, logins: CONNECTIONS });
    });
    return comparing.results();
  });
}

async function withServer<T>(
  settings: TokenServerSettings,
  work: (server: BenchServer<TokenLoads>) => Promise<T>,
): Promise<T> {
  const server = await BenchServer.start<TokenLoads>('token-server.ts', settings);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

function contendersOf(
  server: BenchServer<TokenLoads>,
  { kind, stores, logins }: TokenServerSettings,
): readonly Contender[] {
  const of = kind === 'engine' ? 'oidc-provider alone' : kind;
  const on = stores === null ? '' : ', PostgreSQL + Redis';
  const client = ofClient(`${of}: client credentials${on}`, server);
  return logins === 0 ? [client] : [client, ofLogins(`${of}: refresh${on}`, server)];
}

/** RFC 6749 §4.4. */
function ofClient(name: string, server: BenchServer<TokenLoads>): Contender {
  const request = {
    path: '/oauth/token',
    headers: { Authorization: server.loads.authorization },
    form: { grant_type: 'client_credentials', scope: SCOPE },
  };
  return { name, server, conversations: [byTurns([request])] };
}

/** RFC 6749 §6; each connection refreshes a login of its own, since every token can be spent only once. */
function ofLogins(name: string, server: BenchServer<TokenLoads>): Contender {
  const { authorization, refreshTokens } = server.loads;
  const conversations = refreshTokens.map((token) => new RefreshChain(authorization, token));
  return { name, server, conversations };
}
