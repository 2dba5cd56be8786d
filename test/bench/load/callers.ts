import { createHmac, createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { hmacKey, signed } from '../../support/signed-requests.js';
import { encode, signText } from '../../support/tokens.js';
import { AUDIENCE, CALLERS, CLIENT, OWN_ISSUER, ROLE, SCOPE } from '../apps/names.js';
import type { TokenKey } from '../apps/token-key.js';
import type { WireRequest } from './wire.js';

/** What whoever calls a server needs to know. */
export interface Credentials {
  /** Signs tokens of users. */
  readonly tokenKey?: TokenKey;
  /** Users come through so many clients, `client-1` and so on, evenly. @default 0 through one */
  readonly clients?: number;
  readonly apiKeys?: readonly string[];
  /** API keys that sign requests. */
  readonly signers?: readonly { readonly id: string; readonly secret: string }[];
  /** `Authorization` of a client that asks for tokens. */
  readonly basic?: string;
  /** One of each login. */
  readonly refreshTokens?: readonly string[];
}

const PATH = '/invoices';

/** One request of each caller: a user's token, or an API key. */
export function requestsOf(credentials: Credentials, callers = CALLERS): readonly WireRequest[] {
  const { tokenKey, apiKeys, clients = 0 } = credentials;
  if (apiKeys !== undefined) {
    return apiKeys.map((key) => ({ path: PATH, headers: { 'X-API-Key': key } }));
  }
  const tokenOf = signerOf(tokenKey);
  return Array.from({ length: callers }, (_, index) => {
    const caller = index % CALLERS;
    const client = 1 + Math.floor((caller * clients) / CALLERS);
    return withToken(tokenOf(`user-${caller}`, clients === 0 ? CLIENT : `client-${client}`));
  });
}

/** So many signed requests of those keys by turns, each to be sent once. */
export function signedRequests({ signers }: Credentials, count: number): readonly WireRequest[] {
  if (signers === undefined) throw new TypeError('a server without keys that sign');
  const keys = signers.map(({ id, secret }) => ({ id, key: hmacKey(secret) }));
  const plan = { method: 'GET', target: PATH };
  return Array.from({ length: count }, (_, turn) => {
    const { id, key } = keys[turn % keys.length]!;
    return { path: PATH, headers: Object.fromEntries(signed(key, id, plan).headers) };
  });
}

/** One request through each client. */
export function requestsOfClients({ tokenKey, clients = 0 }: Credentials): readonly WireRequest[] {
  const tokenOf = signerOf(tokenKey);
  return Array.from({ length: clients }, (_, client) =>
    withToken(tokenOf('somebody', `client-${client + 1}`)),
  );
}

const withToken = (token: string): WireRequest => ({
  path: PATH,
  headers: { Authorization: `Bearer ${token}` },
});

/** Signs a token for a user in a client, as our own authorization server shapes them. */
function signerOf(tokenKey: TokenKey | undefined): (user: string, client: string) => string {
  if (tokenKey === undefined) throw new TypeError('a server without a key for tokens');
  const { kid, algorithm, secret } = tokenKey;
  const header = encode({ alg: algorithm, kid, typ: 'at+jwt' });
  const key: KeyObject | null = algorithm === 'HS256' ? null : createPrivateKey(secret);
  const iat = Math.floor(Date.now() / 1000);
  return (user, client) => {
    const input = `${header}.${encode({ ...claimsOf(user, client), iat, exp: iat + 3600 })}`;
    const signature =
      key === null || algorithm === 'HS256'
        ? createHmac('sha256', secret).update(input).digest()
        : signText(algorithm, key, input);
    return `${input}.${signature.toString('base64url')}`;
  };
}

const claimsOf = (user: string, client: string): object => ({
  iss: OWN_ISSUER,
  aud: AUDIENCE,
  sub: user,
  sub_type: 'user',
  client_id: client,
  scope: SCOPE,
  roles: [ROLE],
  jti: randomUUID(),
  sid: randomUUID(),
  gid: randomUUID(),
  uep: 0,
  cep: 0,
  rv: 0,
});
