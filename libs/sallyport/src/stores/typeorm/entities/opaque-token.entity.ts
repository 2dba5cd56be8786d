import { Entity, Index } from 'typeorm';
import type { OpaqueToken } from '../../../user-tokens/opaque-token.js';
import {
  Count,
  Identifier,
  Instant,
  Json,
  OptionalIdentifier,
  OptionalInstant,
  PrimaryUuid,
} from './columns.js';

@Entity({ name: 'opaque_tokens', schema: 'sallyport' })
@Index('opaque_tokens_secret_hash', ['secretHash'], { unique: true })
@Index('opaque_tokens_grant', ['grantId'], { where: 'grant_id IS NOT NULL' })
@Index('opaque_tokens_expiry', ['expiresAt'])
export class OpaqueTokenEntity implements OpaqueToken {
  @PrimaryUuid('id')
  id!: string;

  @Identifier('secret_hash')
  secretHash!: string;

  @OptionalIdentifier('grant_id')
  grantId!: string | null;

  @Identifier('client_id')
  clientId!: string;

  @Count('client_epoch')
  clientEpoch!: number;

  @Json('details')
  details!: Record<string, unknown>;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('expires_at')
  expiresAt!: Date;

  @OptionalInstant('revoked_at')
  revokedAt!: Date | null;
}
