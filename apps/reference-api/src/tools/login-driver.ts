import { createHash, randomBytes } from 'node:crypto';
import type { DemoCredentials } from '../seed/demo-credentials.js';
import { basicCredentials } from './basic-credentials.js';
import type { DemoKey } from './demo-key.js';
import { DemoBrowser, type Login } from './demo-browser.js';
import { DemoTokenError } from './demo-token-error.js';
import { IssuerTransport } from './issuer-transport.js';

export interface TokenRequest {
  readonly client: string;
  /** A username; without one the client gets a token of its own. */
  readonly user?: string | undefined;
  /** Separated by spaces. @default all that the client may */
  readonly scope?: string | undefined;
  /** Where it was changed. @default what the seed gave the user */
  readonly password?: string | undefined;
  /** The key that the token is to be bound to (RFC 9449 §5). @default none: a bearer token */
  readonly key?: Pick<DemoKey, 'proof'> | undefined;
}

/** RFC 6749 §5.1. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
}

type DemoClient = DemoCredentials['clients'][number];

/**
 * Gets tokens as the demo's apps do, by the real login. A user signs in once; afterwards their browser is known
 * (single sign-on). Throws a DemoTokenError for what cannot be had.
 */
export class LoginDriver {
  private readonly issuer: IssuerTransport;
  private readonly browsers = new Map<string, DemoBrowser>();

  /** `origin` is where the API listens, if not where the demo says. */
  constructor(
    private readonly demo: DemoCredentials,
    origin: string = demo.api,
  ) {
    this.issuer = new IssuerTransport(demo.issuer, origin);
  }

  async token(request: TokenRequest): Promise<TokenResponse> {
    const client = this.clientOf(request);
    const scope = request.scope ?? client.scope;
    if (request.user !== undefined) return this.tokenOfUser(request.user, client, request, scope);
    // RFC 6749 §4.4.2.
    return this.redeem(client, { grant_type: 'client_credentials', scope }, request.key);
  }

  /** RFC 6749 §4.1 with PKCE (RFC 7636). */
  private async tokenOfUser(
    username: string,
    client: DemoClient,
    { password, key }: TokenRequest,
    scope: string,
  ): Promise<TokenResponse> {
    const login = this.loginOf(username, password);
    const [redirectUri = ''] = client.redirect_uris;
    const [state, verifier] = [randomText(), randomText()];
    const url = new URL(`${this.demo.issuer}/authorize`);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: redirectUri,
      scope,
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    const redirect = await this.browserOf(username).authorize(url, redirectUri, login);
    const grant = {
      grant_type: 'authorization_code',
      code: codeIn(redirect.searchParams, state, this.demo.issuer),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    return this.redeem(client, grant, key);
  }

  private async redeem(
    { client_id: id, client_secret: secret }: DemoClient,
    parameters: Readonly<Record<string, string>>,
    key: Pick<DemoKey, 'proof'> | undefined,
  ): Promise<TokenResponse> {
    const url = `${this.demo.issuer}/token`;
    const proof = key === undefined ? {} : { dpop: await key.proof('POST', url) };
    const { status, text } = await this.issuer.send(
      new URL(url),
      secret === undefined
        ? { form: { ...parameters, client_id: id }, headers: proof }
        : { form: parameters, headers: { authorization: basicCredentials(id, secret), ...proof } },
    );
    if (status === 200) return JSON.parse(text) as TokenResponse;
    throw refusalOf(new Map(Object.entries(JSON.parse(text) as object)));
  }

  private clientOf({ client: id, user }: TokenRequest): DemoClient {
    const { clients, users } = this.demo;
    const withTokens = clients.filter(
      ({ redirect_uris: uris, client_secret: secret }) => uris.length > 0 || secret !== undefined,
    );
    const client = withTokens.find(({ client_id: known }) => known === id);
    if (client === undefined) {
      const names = withTokens.map(({ client_id: known }) => known).join(', ');
      throw new DemoTokenError(`No tokens for a client "${id}"; there are: ${names}`);
    }
    if (user !== undefined && client.redirect_uris.length === 0) {
      throw new DemoTokenError(`${id} acts for no user: leave --user out`);
    }
    // RFC 6749 §4.4: a public client cannot prove that it is itself, so it gets no token of its own.
    if (user === undefined && client.client_secret === undefined) {
      const names = users.map(({ username }) => username).join(', ');
      throw new DemoTokenError(`${id} is a public client: name a --user it acts for (${names})`);
    }
    return client;
  }

  private loginOf(username: string, password: string | undefined): Login {
    const { users } = this.demo;
    const user = users.find((known) => known.username === username);
    if (user === undefined) {
      const names = users.map((known) => known.username).join(', ');
      throw new DemoTokenError(`No user "${username}"; there are: ${names}`);
    }
    return { username, password: password ?? user.password };
  }

  private browserOf(username: string): DemoBrowser {
    const known = this.browsers.get(username) ?? new DemoBrowser(this.issuer);
    this.browsers.set(username, known);
    return known;
  }
}

function codeIn(parameters: URLSearchParams, state: string, issuer: string): string {
  // RFC 9207 §2.4: also an error counts only from the server that was asked.
  if (parameters.get('state') !== state || parameters.get('iss') !== issuer) {
    throw new DemoTokenError('The redirect answers another request, or comes from another issuer.');
  }
  const code = parameters.get('code');
  if (code === null) throw refusalOf(parameters);
  return code;
}

const REASONS = ['error', 'error_description', 'title', 'detail'];

/** RFC 6749 §4.1.2.1 and §5.2; a problem (RFC 9457 §3.1) where the engine was not reached. */
function refusalOf(parameters: { get(name: string): unknown }): DemoTokenError {
  const texts = REASONS.map((name) => parameters.get(name));
  return new DemoTokenError(texts.filter((text) => typeof text === 'string').join(': '));
}

const randomText = (): string => randomBytes(32).toString('base64url');
