import type { AdapterPayload, KoaContextWithOIDC, RefreshToken } from 'oidc-provider';
import type { ClientSecretService } from '../../clients/client-secret.service.js';
import type { ClientDirectory } from '../../clients/client.directory.js';
import type { ClientCertificates } from '../../credentials/mtls/client-certificates.js';
import type { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import type { ReplayStore } from '../../ephemeral/replay.store.js';
import type { CredentialWatch } from '../../request/credential-watch.js';
import type { ResolvedAuthorizationServerOptions } from '../authorization-server.options.js';
import type { UserDirectory } from '../user-directory.js';
import type { ConsentPolicy } from './consent-policy.js';
import type { EnginePages } from './engine-pages.js';
import type { FamilyStores } from './family-stores.js';
import type { GrantHandlers } from './grant-handlers.js';
import type { StructuredTokens } from './structured-tokens.js';
import type { TokenClaims } from './token-claims.js';
import type { TokenRecipients } from './token-recipients.js';

/** What one engine is made of, beside the keys it signs with: the same for every one that a rotation builds. */
export interface EngineParts {
  readonly issuer: string;
  readonly audience: string;
  readonly options: ResolvedAuthorizationServerOptions;
  readonly cookieKeys: readonly Buffer[];
  /** Null: proofs need no nonce. */
  readonly dpopNonceSecret: Buffer | null;
  /** Null: none are read. */
  readonly certificates: ClientCertificates | null;
  readonly directory: UserDirectory;
  readonly clients: ClientDirectory;
  readonly clientSecrets: ClientSecretService;
  readonly watch: CredentialWatch;
  readonly family: FamilyStores;
  readonly ephemeral: EphemeralRecordStore;
  readonly replays: ReplayStore;
  readonly pages: EnginePages;
  readonly consentPolicy: ConsentPolicy;
  readonly recipients: TokenRecipients;
  readonly tokenClaims: TokenClaims;
  readonly grantHandlers: GrantHandlers;
  readonly structuredTokens: () => StructuredTokens;
  /** Seconds that a new refresh token may stay unused; no longer than its family lives. */
  readonly refreshLifetime: (ctx: KoaContextWithOIDC, token: RefreshToken) => number;
  readonly mayIntrospect: (
    clientId: string,
    token: Pick<AdapterPayload, 'clientId' | 'aud'>,
  ) => Promise<boolean>;
  /** Ends a browser's session and all that was granted in it. */
  readonly endLogin: (loginId: string, subject: string) => Promise<void>;
}
