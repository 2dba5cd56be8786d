import { AUDIENCE, SCOPE } from '../apps/names.js';
import { duel } from '../measuring/duel.js';
import { CONNECTIONS } from '../load/load.js';
import type { Measure } from '../measuring/measure.js';
import { RefreshChain } from '../load/refresh-chain.js';
import type { Side } from '../measuring/side.js';
import { byTurns } from '../load/wire.js';
import type { Adapter } from '../servers/listen.js';
import type { TokenServerSettings } from '../servers/token-server.js';

/** Client credentials, RFC 6749 §4.4, for a JWT. */
const issuer = (
  adapter: Adapter,
  kind: TokenServerSettings['kind'],
  onRealStores: boolean,
): Side => ({
  name: `${adapter}: ${kind}`,
  program: 'token-server.ts',
  onRealStores,
  settings: (stores): TokenServerSettings => ({ adapter, kind, stores }),
  conversations: ({ credentials: { basic = '' } }) => {
    const form = { grant_type: 'client_credentials', scope: SCOPE, resource: AUDIENCE };
    return [byTurns([{ path: '/oauth/token', headers: { Authorization: basic }, form }])];
  },
});

/** RFC 6749 §6; each connection refreshes a login of its own, since every token can be spent only once. */
const refreshing = (adapter: Adapter): Side => ({
  ...issuer(adapter, 'Sallyport', true),
  name: `${adapter}: Sallyport, refresh`,
  settings: (stores): TokenServerSettings => ({
    ...{ adapter, kind: 'Sallyport', stores },
    logins: CONNECTIONS,
  }),
  conversations: ({ credentials: { basic = '', refreshTokens = [] } }) =>
    refreshTokens.map((token) => new RefreshChain(basic, token)),
});

const ours = (adapter: Adapter, onRealStores = true): Side =>
  issuer(adapter, 'Sallyport', onRealStores);
const beside = (adapter: Adapter, kind: TokenServerSettings['kind'], contender = ours(adapter)) =>
  duel({ contender, baseline: issuer(adapter, kind, false) });

export const tokenMeasures = {
  'tokens/fastify/engine': beside('fastify', 'engine'),
  'tokens/express/engine': beside('express', 'engine'),
  'tokens/fastify/engine-memory': beside('fastify', 'engine', ours('fastify', false)),
  'tokens/fastify/better-auth': beside('fastify', 'better-auth'),
  'tokens/fastify/signature': beside('fastify', 'signature'),
  'tokens/fastify/refresh': beside('fastify', 'signature', refreshing('fastify')),
} satisfies Record<string, Measure>;
