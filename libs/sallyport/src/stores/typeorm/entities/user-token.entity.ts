import { Entity, Index } from 'typeorm';
import {
  Identifier,
  Instant,
  Json,
  OptionalInstant,
  OptionalText,
  OptionalUuid,
  PrimaryUuid,
} from './columns.js';

@Entity({ name: 'user_tokens', schema: 'sallyport' })
@Index('user_tokens_secret_hash', ['secretHash'], { unique: true })
@Index('user_tokens_grant', ['grantId'])
@Index('user_tokens_heads', ['issuer', 'subject', 'lastUsedAt', 'id'], {
  where: 'consumed_at IS NULL AND revoked_at IS NULL',
})
@Index('user_tokens_predecessor', ['successorId'], { where: 'successor_id IS NOT NULL' })
export class UserTokenEntity {
  @PrimaryUuid('id')
  id!: string;

  @Identifier('secret_hash')
  secretHash!: string;

  /** The family. */
  @Identifier('grant_id')
  grantId!: string;

  @Identifier('issuer')
  issuer!: string;

  @Identifier('subject')
  subject!: string;

  @Identifier('client_id')
  clientId!: string;

  @Identifier('sid')
  sid!: string;

  @OptionalText('device_name')
  deviceName!: string | null;

  @OptionalText('address')
  address!: string | null;

  @OptionalText('user_agent')
  userAgent!: string | null;

  @Json('details')
  details!: Record<string, unknown>;

  @Instant('started_at')
  startedAt!: Date;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('last_used_at')
  lastUsedAt!: Date;

  @Instant('idle_ends_at')
  idleEndsAt!: Date;

  @Instant('ends_at')
  endsAt!: Date;

  @OptionalInstant('consumed_at')
  consumedAt!: Date | null;

  @OptionalUuid('successor_id')
  successorId!: string | null;

  @OptionalText('sealed_answer')
  sealedAnswer!: string | null;

  @OptionalInstant('revoked_at')
  revokedAt!: Date | null;

  @OptionalText('revoked_by')
  revokedBy!: string | null;

  @OptionalText('revoke_reason')
  revokeReason!: string | null;
}
