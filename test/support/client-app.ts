import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TokenResponse } from '../../apps/reference-api/src/tools/login-driver.js';

export interface ClientRegistration {
  readonly clientId: string;
  readonly name: string;
  /** Null: a public client. */
  readonly secret: string | null;
  readonly issuer: string;
  readonly scope: string;
}

/** What a redirect brought, with what the app needs to redeem it. */
export interface Redirect {
  readonly parameters: URLSearchParams;
  readonly verifier: string;
}

/**
 * A web app of somebody else on a loopback port: a page with a link to sign in, and the redirect URI, where it
 * redeems the code and says whether that went well.
 */
export class ClientApp {
  readonly redirects: Redirect[] = [];
  /** One for each login. */
  readonly tokens: TokenResponse[] = [];
  /** Whether codes are redeemed as they come, or left for the test. */
  redeems = true;
  private readonly verifiers = new Map<string, string>();

  private constructor(
    private readonly client: ClientRegistration,
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(client: ClientRegistration): Promise<ClientApp> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const app = new ClientApp(client, server, `http://127.0.0.1:${port.toString()}`);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void app.answer(request, response);
    });
    return app;
  }

  get redirectUri(): string {
    return `${this.origin}/callback`;
  }

  get signedOutUri(): string {
    return `${this.origin}/signed-out`;
  }

  /** The last login's. */
  get token(): TokenResponse {
    const token = this.tokens.at(-1);
    if (token === undefined) throw new Error(`nobody has signed in to ${this.client.name}`);
    return token;
  }

  /** An authorization request (RFC 6749 §4.1.1) with PKCE. */
  authorizationUrl(more: Readonly<Record<string, string>> = {}): string {
    const [state, verifier] = [randomText(), randomText()];
    this.verifiers.set(state, verifier);
    const { issuer, clientId, scope } = this.client;
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: this.redirectUri,
      scope,
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    });
    return `${issuer}/authorize?${parameters.toString()}`;
  }

  /** RP-Initiated Logout 1.0 §2. */
  get signOutUrl(): string {
    const { issuer, clientId } = this.client;
    const parameters = { client_id: clientId, post_logout_redirect_uri: this.signedOutUri };
    return `${issuer}/logout?${new URLSearchParams(parameters).toString()}`;
  }

  /** Spends a code, or a refresh token. */
  async redeem(grant: Readonly<Record<string, string>>): Promise<Response> {
    const { issuer, clientId, secret } = this.client;
    return fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...grant, ...(secret === null && { client_id: clientId }) }),
      headers:
        secret === null
          ? {}
          : { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` },
    });
  }

  codeGrant({ parameters, verifier }: Redirect): Record<string, string> {
    return {
      grant_type: 'authorization_code',
      code: parameters.get('code') ?? '',
      redirect_uri: this.redirectUri,
      code_verifier: verifier,
    };
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    const query = request.method === 'POST' ? await text(request) : url.search;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (url.pathname === '/callback') {
      response.end(page(await this.receive(new URLSearchParams(query))));
    } else if (url.pathname === '/signed-out') response.end(page('Goodbye'));
    else if (url.pathname === '/favicon.ico') response.writeHead(204).end();
    else if (url.pathname === '/') {
      const links = [
        ['Sign in', this.authorizationUrl()],
        ['Sign out', this.signOutUrl],
      ];
      const list = links.map(
        ([name = '', href = '']) => `<p><a href="${escape(href)}">${name}</a></p>`,
      );
      response.end(page(this.client.name, list.join('')));
    } else response.writeHead(404).end(page('Not found'));
  }

  private async receive(parameters: URLSearchParams): Promise<string> {
    const verifier = this.verifiers.get(parameters.get('state') ?? '');
    if (verifier === undefined) return 'This is not an answer to a question of ours';
    const redirect = { parameters, verifier };
    this.redirects.push(redirect);
    if (parameters.has('error')) return `Not signed in: ${parameters.get('error') ?? ''}`;
    if (!this.redeems) return 'Code received';
    const answer = await this.redeem(this.codeGrant(redirect));
    if (!answer.ok) return `Not signed in: ${answer.status.toString()}`;
    this.tokens.push((await answer.json()) as TokenResponse);
    return 'Signed in';
  }
}

const page = (title: string, content = ''): string =>
  `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${content}</html>`;

const escape = (text: string): string => text.replaceAll('&', '&amp;');

const randomText = (): string => randomBytes(32).toString('base64url');
