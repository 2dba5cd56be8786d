import type { Claims, Confirmation } from '../principals/caller.js';
import type { TokenEpochs } from '../revocation/token-epochs.js';
import type { UserId } from '../users/user.js';

/** What a believed access token says, whoever issued it. Roles and scope are not yet narrowed by client or user. */
export interface VerifiedAccessToken {
  readonly issuer: string;
  /** Null only from issuers other than ours. */
  readonly jti: string | null;
  readonly kid: string;
  readonly clientId: string;
  /** `aud`: this API, and whom else it is for. */
  readonly audience: readonly string[];
  /** Null in a client's own token. */
  readonly user: UserId | null;
  readonly scope: readonly string[];
  /** Null when the token does not say: then the role grants we keep decide. */
  readonly roles: readonly string[] | null;
  readonly sid: string | null;
  readonly gid: string | null;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly authenticatedAt: Date | null;
  /** `uep cep rv`; null in tokens of other issuers, which are revoked by `iat` instead. */
  readonly epochs: TokenEpochs | null;
  readonly confirmation: Confirmation | null;
  readonly claims: Claims;
}

export type { TokenEpochs };
