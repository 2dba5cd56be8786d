import { Entity, Index } from 'typeorm';
import {
  Count,
  Identifier,
  Instant,
  Json,
  OptionalInstant,
  OptionalText,
  PrimaryIdentifier,
} from './columns.js';

@Entity({ name: 'grants', schema: 'sallyport' })
@Index('grants_alive_of_user', ['issuer', 'subject', 'id'], { where: 'ended_at IS NULL' })
@Index('grants_alive_of_client', ['clientId', 'id'], { where: 'ended_at IS NULL' })
@Index('grants_alive_of_login', ['loginId', 'id'], { where: 'ended_at IS NULL' })
@Index('grants_expiry', ['expiresAt'])
export class GrantEntity {
  @PrimaryIdentifier('id')
  id!: string;

  @Identifier('issuer')
  issuer!: string;

  @Identifier('subject')
  subject!: string;

  @Identifier('client_id')
  clientId!: string;

  @Identifier('login_id')
  loginId!: string;

  @Identifier('sid')
  sid!: string;

  @Json('details')
  details!: Record<string, unknown>;

  @Count('user_epoch')
  userEpoch!: number;

  @Count('client_epoch')
  clientEpoch!: number;

  @OptionalText('device_name')
  deviceName!: string | null;

  @OptionalText('address')
  address!: string | null;

  @OptionalText('user_agent')
  userAgent!: string | null;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('expires_at')
  expiresAt!: Date;

  @OptionalInstant('ended_at')
  endedAt!: Date | null;

  /** Null together with `endedAt`. */
  @OptionalText('ended_by')
  endedBy!: string | null;

  @OptionalText('end_reason')
  endReason!: string | null;
}
