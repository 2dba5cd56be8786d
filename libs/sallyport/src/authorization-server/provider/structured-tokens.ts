import { decodeProtectedHeader } from 'jose';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { ClientDirectory } from '../../clients/client.directory.js';
import type { Client } from '../../clients/client.js';
import type { AccessTokenVerifier } from '../../credentials/bearer/access-token.verifier.js';
import type { VerifiedAccessToken } from '../../credentials/verified-access-token.js';
import { looksEncrypted } from '../../encryption/compact-jwe.js';
import { SallyportError } from '../../errors.js';
import type { RevocationChecker } from '../../revocation/check/revocation.checker.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import { afterAnswer } from './after-answer.js';
import { scopeLeft } from './scope-left.js';
import { RETRY_AFTER_SECONDS } from './store-failures.js';

/** What the engine will not do with tokens by value: revoke and introspect them, for clients it has authenticated. */
export class StructuredTokens {
  private readonly refused = new WeakSet<object>();

  constructor(
    private readonly verifier: AccessTokenVerifier,
    private readonly checker: RevocationChecker,
    private readonly revocations: RevocationService,
    private readonly clients: ClientDirectory,
    /** Resource servers whose tokens we cannot read. */
    private readonly encryptedFor: ReadonlySet<string>,
  ) {}

  /** The engine's own refusal marks the requests that are ours; its error body may be HTML. */
  attachTo(provider: Provider): void {
    const mark = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void => {
      if (error instanceof errors.UnsupportedTokenType) this.refused.add(ctx);
    };
    provider.on('revocation.error', mark);
    provider.on('introspection.error', mark);
    afterAnswer(provider, (ctx, oidc) => this.answer(ctx, oidc));
  }

  private async answer(
    ctx: KoaContextWithOIDC,
    oidc: KoaContextWithOIDC['oidc'] | undefined,
  ): Promise<void> {
    const isRefused = this.refused.has(ctx);
    // RFC 7662 §2.1: whoever asks must have proved who they are, which a public client cannot.
    const isPublic = oidc?.client?.clientAuthMethod === 'none';
    if (oidc?.route === 'introspection' && isPublic && (isRefused || ctx.status === 200)) {
      const what = { error: 'invalid_client', error_description: 'authenticate the client' };
      respond(ctx, 401, what);
      return;
    }
    if (!isRefused) {
      if (oidc?.route === 'revocation' && ctx.status === 200) ctx.body = REVOKED;
      return;
    }
    try {
      await (oidc?.route === 'revocation' ? this.revoke(ctx) : this.introspect(ctx));
    } catch (error) {
      if (!(error instanceof SallyportError) || error.problem.status !== 503) throw error;
      ctx.set('Retry-After', String(RETRY_AFTER_SECONDS));
      respond(ctx, 503, { error: 'temporarily_unavailable' });
    }
  }

  /** RFC 7009 §2.1, §2.2: only the owner revokes, and a token that is none any more is revoked already. */
  private async revoke(ctx: KoaContextWithOIDC): Promise<void> {
    const token = await this.read(ctx);
    // RFC 7009 §2.2.1: the engine's answer stands, unsupported_token_type. 200 would say that it was revoked.
    if (token === null && this.isForAnother(String(ctx.oidc.params?.token))) return;
    const clientId = ctx.oidc.client?.clientId ?? '';
    if (token !== null && token.clientId !== clientId) {
      respond(ctx, 400, {
        error: 'invalid_request',
        error_description: 'client is not authorized to revoke the presented token',
      });
      return;
    }
    if (token !== null && token.jti !== null) {
      const { issuer, jti } = token;
      await this.revocations.revoke(
        { kind: 'token', issuer, jti },
        { actor: `client:${clientId}`, reason: 'revoked by the client' },
      );
    }
    respond(ctx, 200, REVOKED);
  }

  private async introspect(ctx: KoaContextWithOIDC): Promise<void> {
    const token = await this.read(ctx);
    const isTold = token !== null && (await this.mayAsk(ctx.oidc.client?.clientId ?? '', token));
    const client = isTold ? await this.enabledClientOf(token) : null;
    const isActive = isTold && client !== null && (await this.isStanding(token));
    respond(ctx, 200, isActive ? introspectionOf(token, client) : INACTIVE);
  }

  /** Null for what is no access token of ours, or has expired. */
  private async read(ctx: KoaContextWithOIDC): Promise<VerifiedAccessToken | null> {
    try {
      return await this.verifier.verify(String(ctx.oidc.params?.token));
    } catch (error) {
      if (error instanceof SallyportError && error.problem.status < 500) return null;
      throw error;
    }
  }

  /** The client it was issued to, and the resource servers that it is for. */
  private async mayAsk(clientId: string, token: VerifiedAccessToken): Promise<boolean> {
    if (token.clientId === clientId) return true;
    const caller = await this.clients.find(clientId);
    return caller?.resources.some((resource) => token.audience.includes(resource)) === true;
  }

  /** By the header of an encrypted one, in which `aud` is repeated (RFC 7519 §5.3). Anybody may have written it. */
  private isForAnother(text: string): boolean {
    if (!looksEncrypted(text)) return false;
    try {
      return [decodeProtectedHeader(text).aud].flat().some((aud) => this.isEncryptedFor(aud));
    } catch {
      return false;
    }
  }

  private isEncryptedFor(audience: unknown): boolean {
    return typeof audience === 'string' && this.encryptedFor.has(audience);
  }

  private async enabledClientOf({ clientId }: VerifiedAccessToken): Promise<Client | null> {
    const client = await this.clients.find(clientId);
    return client?.disabledAt === null ? client : null;
  }

  private async isStanding(token: VerifiedAccessToken): Promise<boolean> {
    try {
      await this.checker.assertNotRevoked([{ revocation: this.checker.checkOf({ token }) }]);
      return true;
    } catch (error) {
      if (error instanceof SallyportError && error.problem.status < 500) return false;
      throw error;
    }
  }
}

/** RFC 7009 §2.2: clients ignore the body; but some libraries fail on one that is not JSON. */
const REVOKED = {};

/** RFC 7662 §2.2: nothing else may be said of it. */
const INACTIVE = { active: false };

function introspectionOf(token: VerifiedAccessToken, client: Client): Record<string, unknown> {
  const { confirmation, audience } = token;
  return {
    active: true,
    iss: token.issuer,
    sub: token.user?.subject ?? token.clientId,
    aud: audience.length === 1 ? audience[0] : audience,
    client_id: token.clientId,
    scope: scopeLeft(token.scope, client).join(' '),
    token_type: confirmation?.jkt === undefined ? 'Bearer' : 'DPoP',
    jti: token.jti,
    iat: Math.floor(token.issuedAt.getTime() / 1000),
    exp: Math.floor(token.expiresAt.getTime() / 1000),
    ...(token.user !== null && { sub_type: 'user' }),
    ...(token.roles !== null && { roles: token.roles }),
    ...(token.sid !== null && { sid: token.sid }),
    ...(confirmation !== null && { cnf: confirmation }),
  };
}

function respond(ctx: KoaContextWithOIDC, status: number, body: object): void {
  ctx.status = status;
  ctx.body = body;
  ctx.remove('WWW-Authenticate');
}
