import { readDemoCredentials, type DemoCredentials } from './demo-credentials.js';
import { DEMO_CLIENTS } from './demo-data.js';
import { DemoIssuer, demoIssuerName } from './demo-issuer.js';

const LIFETIME_SECONDS = 600;

export interface DemoTokenRequest {
  readonly client: string;
  /** A username; without one the client gets a token of its own. */
  readonly user?: string | undefined;
  /** Separated by spaces. @default all that the client may */
  readonly scope?: string | undefined;
}

/** RFC 6749 §5.1. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
}

/** A request that the demo cannot serve; the message tells a developer what can be asked for. */
export class DemoTokenError extends Error {}

/** Signs an access token with the demo's issuer. `api` is the origin it is for, if not the one that was seeded. */
export async function issueDemoToken(
  { client: clientId, user, scope }: DemoTokenRequest,
  { dataDir, api }: { readonly dataDir: string; readonly api?: string | undefined },
): Promise<TokenResponse> {
  const credentials = await readDemoCredentials(dataDir);
  const issuer = await DemoIssuer.load(dataDir);
  if (credentials === null || issuer === null) {
    throw new DemoTokenError(`There is no demo in ${dataDir} yet: run npm start first.`);
  }
  const audience = api ?? credentials.api;
  const granted = grantedScope(clientId, scope, credentials);
  return {
    access_token: await issuer.sign({
      issuer: demoIssuerName(audience),
      audience,
      clientId,
      subject: subjectOf(clientId, user, credentials),
      scope: granted,
      lifetimeSeconds: LIFETIME_SECONDS,
    }),
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS,
    scope: granted.join(' '),
  };
}

function grantedScope(
  clientId: string,
  asked: string | undefined,
  { clients }: DemoCredentials,
): readonly string[] {
  const names = DEMO_CLIENTS.filter(({ hasTokens }) => hasTokens).map((known) => known.clientId);
  const client = clients.find(({ client_id: id }) => id === clientId && names.includes(id));
  if (client === undefined) {
    throw new DemoTokenError(
      `No tokens for a client "${clientId}"; there are: ${names.join(', ')}`,
    );
  }
  const allowed = client.scope.split(' ');
  const scope = asked?.split(/\s+/).filter((value) => value !== '') ?? allowed;
  const beyond = scope.filter((value) => !allowed.includes(value));
  if (beyond.length === 0) return scope;
  throw new DemoTokenError(`${clientId} may not ask for ${beyond.join(' ')}, only ${client.scope}`);
}

function subjectOf(
  clientId: string,
  username: string | undefined,
  { users }: DemoCredentials,
): string | null {
  const names = users.map((known) => known.username).join(', ');
  if (username === undefined) {
    // RFC 6749 §4.4: a public client cannot prove that it is itself, so it gets no token of its own.
    const client = DEMO_CLIENTS.find((known) => known.clientId === clientId);
    if (client?.type !== 'public') return null;
    throw new DemoTokenError(
      `${clientId} is a public client: name a --user it acts for (${names})`,
    );
  }
  const user = users.find((known) => known.username === username);
  if (user === undefined) throw new DemoTokenError(`No user "${username}"; there are: ${names}`);
  return user.sub;
}
