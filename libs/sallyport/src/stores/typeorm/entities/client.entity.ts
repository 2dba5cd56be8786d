import type { JSONWebKeySet } from 'jose';
import { Entity } from 'typeorm';
import type { Client, TlsClientAuth, UserAgentRule } from '../../../clients/client.js';
import {
  Count,
  Flag,
  Instant,
  OptionalCount,
  OptionalInstant,
  OptionalJson,
  OptionalText,
  PrimaryIdentifier,
  Text,
  Texts,
} from './columns.js';

@Entity({ name: 'clients', schema: 'sallyport' })
export class ClientEntity implements Client {
  @PrimaryIdentifier('client_id')
  clientId!: string;

  @Text('name')
  name!: string;

  @Text('type')
  type!: Client['type'];

  @Flag('is_third_party')
  isThirdParty!: boolean;

  @Texts('scope')
  scope!: string[];

  @Texts('grant_types')
  grantTypes!: string[];

  @Texts('redirect_uris')
  redirectUris!: string[];

  @Texts('post_logout_redirect_uris')
  postLogoutRedirectUris!: string[];

  @Texts('resources')
  resources!: string[];

  @OptionalJson('jwks')
  jwks!: JSONWebKeySet | null;

  @OptionalText('jwks_uri')
  jwksUri!: string | null;

  @OptionalCount('access_token_seconds')
  accessTokenSeconds!: number | null;

  @Flag('refresh_grace')
  refreshGrace!: boolean;

  @Flag('requires_pushed_requests')
  requiresPushedRequests!: boolean;

  @Flag('dpop_bound_access_tokens')
  dpopBoundAccessTokens!: boolean;

  @OptionalJson('tls_client_auth')
  tlsClientAuth!: TlsClientAuth | null;

  @OptionalJson('self_signed_certificates')
  selfSignedCertificates!: string[] | null;

  @Flag('tls_client_certificate_bound_access_tokens')
  tlsClientCertificateBoundAccessTokens!: boolean;

  @Texts('origins')
  origins!: string[];

  @OptionalText('plan')
  plan!: string | null;

  @OptionalJson('user_agent')
  userAgent!: UserAgentRule | null;

  @Instant('created_at')
  createdAt!: Date;

  @OptionalInstant('disabled_at')
  disabledAt!: Date | null;

  @Count('version')
  version!: number;
}
