import type { Grant as EngineGrant, KoaContextWithOIDC } from 'oidc-provider';
import type { ClientDirectory } from '../../clients/client.directory.js';
import type { ConsentService } from '../../consents/consent.service.js';
import type { Randomness } from '../../randomness.js';
import { isImpersonable } from './client-metadata.js';

/**
 * Who is asked what: our own apps nobody, third parties' once per scope value, and apps that another could
 * impersonate every time. Each login gets a grant of its own, so that one device can be signed out alone.
 */
export class ConsentPolicy {
  constructor(
    private readonly issuer: string,
    private readonly audience: string,
    private readonly clients: ClientDirectory,
    private readonly consents: ConsentService,
    private readonly randomness: Randomness,
  ) {}

  /** What is granted without asking, or undefined: then the engine asks. */
  async grantFor(ctx: KoaContextWithOIDC): Promise<EngineGrant | undefined> {
    const { client: engineClient, account, result, requestParamScopes, resourceServers } = ctx.oidc;
    const client = await this.clients.find(engineClient?.clientId ?? '');
    if (client === null || account === undefined) return undefined;
    const isAnswered = result?.consent !== undefined;
    // Consent is remembered by scope value, and a value may mean something else to another resource server.
    const isElsewhere = Object.keys(resourceServers ?? {}).some((at) => at !== this.audience);
    if (client.isThirdParty && isElsewhere && !isAnswered) return undefined;
    if (isImpersonable(client) && !isAnswered) return undefined;
    if (client.isThirdParty) {
      const user = { issuer: this.issuer, subject: account.accountId };
      const consent = await this.consents.find(user, client.clientId);
      const agreed = new Set(consent?.scope);
      if (![...requestParamScopes].every((value) => agreed.has(value))) return undefined;
    }
    return this.everythingAsked(ctx, account.accountId, client.clientId);
  }

  private everythingAsked(
    ctx: KoaContextWithOIDC,
    accountId: string,
    clientId: string,
  ): EngineGrant {
    const { provider, requestParamScopes, requestParamOIDCScopes, resourceServers } = ctx.oidc;
    const grant = new provider.Grant({ accountId, clientId });
    // Not yet saved: only a code that is really issued needs it.
    grant.jti = this.randomness.bytes(32).toString('base64url');
    if (requestParamOIDCScopes.size > 0) grant.addOIDCScope([...requestParamOIDCScopes]);
    for (const [identifier, { scopes }] of Object.entries(resourceServers ?? {})) {
      const asked = [...requestParamScopes].filter((value) => scopes.has(value));
      if (asked.length > 0) grant.addResourceScope(identifier, asked);
    }
    return grant;
  }
}
