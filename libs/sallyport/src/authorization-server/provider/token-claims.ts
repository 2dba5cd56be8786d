import type {
  AccessToken,
  ClientCredentials,
  KoaContextWithOIDC,
  UnknownObject,
} from 'oidc-provider';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { RoleGrantService } from '../../role-grants/role-grant.service.js';
import { requestOf } from './engine-request.js';

/** What our access tokens say beyond the engine's claims: whom they act for, roles, family and epochs (RFC 9068 §2.2). */
export class TokenClaims {
  constructor(
    private readonly issuer: string,
    private readonly revocations: RevocationService,
    private readonly roleGrants: RoleGrantService,
  ) {}

  async of(
    ctx: KoaContextWithOIDC,
    token: AccessToken | ClientCredentials,
  ): Promise<UnknownObject | undefined> {
    return token.kind === 'AccessToken' ? this.ofUser(ctx, token) : this.ofClient(ctx, token);
  }

  private async ofUser(ctx: KoaContextWithOIDC, token: AccessToken): Promise<UnknownObject> {
    const { accountId, clientId = '', grantId } = token;
    const grant = requestOf(ctx).grants.get(grantId);
    if (!grant) throw new TypeError('an access token without grant');
    const user = { issuer: this.issuer, subject: accountId };
    // First the version, then the roles: if they change in between, the token is stale from birth, never wrong.
    const { roleVersion } = await this.revocations.currentEpochs({ user, clientId });
    const roles = await this.roleGrants.currentRolesOf(user, clientId);
    const { AuthorizationCode: code, RefreshToken: refreshToken } = ctx.oidc.entities;
    return {
      sub_type: 'user',
      roles: [...roles].sort(),
      sid: grant.sid,
      gid: grant.id,
      uep: grant.userEpoch,
      cep: grant.clientEpoch,
      rv: roleVersion,
      auth_time: (code ?? refreshToken)?.authTime,
      amr: (code ?? refreshToken)?.amr,
    };
  }

  /** `sub` is the client itself; there is no `sub_type`. */
  private async ofClient(
    ctx: KoaContextWithOIDC,
    { clientId = '' }: ClientCredentials,
  ): Promise<UnknownObject> {
    const { clientEpoch } = requestOf(ctx);
    const current = clientEpoch ?? (await this.revocations.currentEpochs({ clientId })).client;
    return { cep: current };
  }
}
