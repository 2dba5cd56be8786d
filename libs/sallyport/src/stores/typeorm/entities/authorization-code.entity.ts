import { Entity, Index } from 'typeorm';
import type { AuthorizationCode } from '../../../user-tokens/authorization-code.js';
import { Identifier, Instant, Json, OptionalInstant, PrimaryIdentifier } from './columns.js';

@Entity({ name: 'authorization_codes', schema: 'sallyport' })
@Index('authorization_codes_grant', ['grantId'])
export class AuthorizationCodeEntity implements AuthorizationCode {
  @PrimaryIdentifier('code_hash')
  codeHash!: string;

  @Identifier('grant_id')
  grantId!: string;

  @Json('details')
  details!: Record<string, unknown>;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('expires_at')
  expiresAt!: Date;

  @OptionalInstant('consumed_at')
  consumedAt!: Date | null;
}
