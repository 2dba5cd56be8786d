export interface Bar {
  readonly direction: 'at least' | 'at most' | 'reported';
  readonly limit: number;
}

type Unit = '' | 'ms' | 'ns' | 'B';

export interface Row {
  /** `part/what`; the part is what `--only` takes. */
  readonly id: RowId;
  readonly what: string;
  readonly bar: Bar;
  readonly unit: Unit;
}

const atLeast = (limit: number): Bar => ({ direction: 'at least', limit });
const atMost = (limit: number): Bar => ({ direction: 'at most', limit });
const reported: Bar = { direction: 'reported', limit: NaN };

const GUARDED = 'JWT, scope, role, revocation, two limits';
const STACK = 'leased / the tutorial stack';

/** What is measured, and what it must reach. */
const table = [
  ['route/fastify/leased', `Fastify: ${GUARDED}, leased / bare`, atLeast(0.82)],
  ['route/express/leased', `Express: ${GUARDED}, leased / bare`, atLeast(0.88)],
  ['route/fastify/leased-headers', 'Fastify: leased, with RateLimit headers / bare', atLeast(0.74)],
  ['route/express/leased-headers', 'Express: leased, with RateLimit headers / bare', atLeast(0.84)],
  ['route/fastify/exact', 'Fastify: exact, one Redis call a request / bare', atLeast(0.7)],
  ['route/express/exact', 'Express: exact, one Redis call a request / bare', atLeast(0.78)],
  ['route/fastify/memory', 'Fastify: the same on memory stores / bare', reported],
  ['route/express/memory', 'Express: the same on memory stores / bare', reported],
  ['tutorial/fastify/ES256', `Fastify, ES256: ${STACK}`, atLeast(12)],
  ['tutorial/fastify/RS256', `Fastify, RS256: ${STACK}`, atLeast(10)],
  ['tutorial/fastify/HS256', `Fastify: ES256 ${STACK} on HS256`, reported],
  ['tutorial/express/ES256', `Express, ES256: ${STACK}`, atLeast(4.5)],
  ['tutorial/express/RS256', `Express, RS256: ${STACK}`, reported],
  [
    'first-sight/fastify',
    'Fastify: ES256 token never seen / bare + one crypto.verify',
    atLeast(0.8),
  ],
  ['first-sight/express', 'Express: ES256 token never seen / bare + one crypto.verify', reported],
  ['keys/in-process', 'API key verified in process, hot / better-auth in memory', atLeast(100)],
  [
    'keys/fastify/passport',
    'Fastify: API key, hot / passport-headerapikey + PostgreSQL',
    atLeast(2.5),
  ],
  ['keys/express/passport', 'Express: API key, hot / passport-headerapikey + PostgreSQL', reported],
  ['keys/fastify/better-auth', 'Fastify: API key, hot / better-auth on PostgreSQL', atLeast(20)],
  ['keys/express/better-auth', 'Express: API key, hot / better-auth on PostgreSQL', reported],
  ['keys/fastify/bare', 'Fastify: API key, hot / bare', reported],
  ['keys/cold', 'cold API key: time / one prepared look-up by primary key', atMost(1.3)],
  [
    'signatures/hmac',
    'HMAC-signed request verified: time / HMAC and SHA-256 of the body',
    atMost(4),
  ],
  ['signatures/rival', 'HMAC-signed request verified / http-message-signatures', atLeast(3)],
  ['signatures/ed25519', 'Ed25519-signed request verified: time / crypto.verify', atMost(1.15)],
  [
    'signatures/fastify/route',
    'Fastify: a route by a signature / by the API key as text',
    reported,
  ],
  [
    'signatures/express/route',
    'Express: a route by a signature / by the API key as text',
    reported,
  ],
  ['proofs/dpop', 'DPoP proof verified: time / ES256 crypto.verify and a store call', atMost(1.3)],
  ['limiter/exact', 'limiter, exact / one hand-written EVALSHA', atLeast(0.95)],
  ['limiter/leased', 'limiter, leased / @nest-lab storage', atLeast(12)],
  ['scale/revocations', 'time of a request at 1 million revocations / at 1,000', atMost(1.1)],
  ['scale/keys', 'time of a request at 1 million API keys / at 1,000', atMost(1.1)],
  ['scale/clients', 'time of a request at 100,000 clients / at 1,000', atMost(1.1)],
  [
    'scale/revocations-10-million',
    'time of a request at 10 million revocations / at 1,000',
    reported,
  ],
  ['tokens/fastify/engine', 'Fastify: client credentials / bare engine in memory', atLeast(0.9)],
  ['tokens/express/engine', 'Express: client credentials / bare engine in memory', atLeast(0.9)],
  ['tokens/fastify/engine-memory', 'Fastify: the same on memory stores / bare engine', reported],
  ['tokens/fastify/better-auth', 'Fastify: client credentials / better-auth in memory', atLeast(7)],
  ['tokens/fastify/signature', 'Fastify: client credentials / one ES256 signature', reported],
  ['tokens/fastify/refresh', 'Fastify: refresh / one ES256 signature', reported],
  ['event-loop/fastify', 'Fastify: event-loop delay p99 at 80 % of full load', atMost(20), 'ms'],
  ['event-loop/express', 'Express: event-loop delay p99 at 80 % of full load', atMost(20), 'ms'],
  ['instances/fastify', 'two instances on two cores / one on one', reported],
  [
    'revocation/propagation',
    'from a revocation to the last refusal, 4 instances at 30 % CPU, p99',
    atMost(50),
    'ms',
  ],
  ['revocation/snapshot', 'start with 1 million revocations in PostgreSQL', reported, 'ms'],
  ['revocation/memory', 'of an entry of the replica at 1 million', atMost(24), 'B'],
  ['revocation/memory-10-million', 'of an entry of the replica at 10 million', reported, 'B'],
  ['usage/record', 'counting one request for usage, in process', reported, 'ns'],
] as const satisfies readonly (readonly [string, string, Bar, Unit?])[];

export type RowId = (typeof table)[number][0];

export const rows = table.map(([id, what, bar, unit = '' as Unit]): Row => ({
  id,
  what,
  bar,
  unit,
}));

/** Nothing is rounded in favour of either. */
export function isShort({ direction, limit }: Bar, value: number): boolean {
  if (direction === 'reported') return false;
  return direction === 'at least' ? value < limit : value > limit;
}

export const barText = ({ bar: { direction, limit }, unit }: Row): string =>
  direction === 'reported'
    ? 'reported'
    : `${direction === 'at least' ? '≥' : '≤'} ${limit} ${unit}`.trim();
