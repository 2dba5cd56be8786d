import {
  errors,
  type Client as EngineClient,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { ClientDirectory } from '../../clients/client.directory.js';
import { CONTENT_ENCRYPTION } from '../../encryption/compact-jwe.js';
import type { RecipientKey } from '../../encryption/encryption-jwk.js';
import type { ResolvedAuthorizationServerOptions } from '../authorization-server.options.js';
import type { TokenRecipients } from './token-recipients.js';

/** Scope values of OpenID Connect Core §5.4 and §11: every client may ask for them, whatever it is registered for. */
export const OPENID_SCOPE: readonly string[] = ['openid', 'profile', 'email', 'offline_access'];

/** The resource servers that tokens are for (RFC 8707): this API, which is the default, and those of the options. */
export class Resources {
  constructor(
    private readonly audience: string,
    private readonly options: ResolvedAuthorizationServerOptions,
    private readonly clients: ClientDirectory,
    private readonly signingAlgorithm: string,
    private readonly recipients: TokenRecipients,
  ) {}

  /** What a request that names none, or several, is for. */
  defaultFor(oneOf: readonly string[] | undefined): string | string[] {
    if (oneOf === undefined || oneOf.includes(this.audience)) return this.audience;
    return [...oneOf];
  }

  /**
   * @throws InvalidTarget for a resource we do not know, InvalidScope for scope that the client may not have,
   * ERR_KEYS_UNAVAILABLE when nobody can say to what its tokens are to be encrypted.
   */
  async describe(
    ctx: KoaContextWithOIDC,
    identifier: string,
    { clientId }: EngineClient,
  ): Promise<ResourceServer> {
    const resource = this.options.resources.find((known) => known.identifier === identifier);
    if (resource === undefined && identifier !== this.audience) throw new errors.InvalidTarget();
    const client = await this.clients.find(clientId);
    const allowed = client?.scope ?? [];
    // A client that acts for nobody has no identity to show.
    const openid = ctx.oidc.params?.grant_type === 'client_credentials' ? [] : OPENID_SCOPE;
    assumeOrCheckScope(ctx, allowed, openid);
    const lifetimeSeconds =
      client?.accessTokenSeconds ?? resource?.accessTokenSeconds ?? this.options.accessTokenSeconds;
    const scope = resource?.scope.filter((value) => allowed.includes(value)) ?? allowed;
    const recipient = await this.recipients.of(identifier);
    return {
      audience: identifier,
      // With those of OpenID Connect, so that the token also opens userinfo.
      scope: [...new Set([...scope, ...openid])].join(' '),
      accessTokenFormat: resource?.accessTokenFormat ?? 'jwt',
      accessTokenTTL: lifetimeSeconds,
      jwt: {
        sign: { alg: this.signingAlgorithm as 'ES256' },
        ...(recipient !== null && { encrypt: encryptTo(recipient) }),
      },
    };
  }
}

/** The engine signs first, then encrypts (RFC 7519 §11.2), and repeats `iss` and `aud` in the header (§5.3). */
const encryptTo = ({ kid, algorithm: alg, key }: RecipientKey) =>
  ({ kid, alg, key, enc: CONTENT_ENCRYPTION }) as const;

/** RFC 6749 §3.3: a request without scope is for all that the client is registered for; one beyond it fails. */
function assumeOrCheckScope(
  ctx: KoaContextWithOIDC,
  allowed: readonly string[],
  openid: readonly string[],
): void {
  const { params } = ctx.oidc;
  if (params === undefined) return;
  const isBeginning = ctx.oidc.route !== 'token' || params.grant_type === 'client_credentials';
  if (params.scope === undefined) {
    if (isBeginning && allowed.length > 0) params.scope = allowed.join(' ');
    return;
  }
  const known = new Set([...allowed, ...openid]);
  const asked = typeof params.scope === 'string' ? params.scope.split(' ') : [];
  const beyond = asked.filter((value) => !known.has(value));
  if (beyond.length > 0) {
    throw new errors.InvalidScope('the client may not ask for this scope', beyond.join(' '));
  }
}
