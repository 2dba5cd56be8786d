import { Entity, Index } from 'typeorm';
import type { LoginSession } from '../../../logins/login-session.js';
import {
  Count,
  Identifier,
  Instant,
  Json,
  OptionalIdentifier,
  OptionalInstant,
  PrimaryIdentifier,
} from './columns.js';

@Entity({ name: 'login_sessions', schema: 'sallyport' })
@Index('login_sessions_cookie_hash', ['cookieHash'], { unique: true })
@Index('login_sessions_expiry', ['expiresAt'])
export class LoginSessionEntity implements LoginSession {
  @PrimaryIdentifier('id')
  id!: string;

  @Identifier('cookie_hash')
  cookieHash!: string;

  @OptionalIdentifier('issuer')
  issuer!: string | null;

  @OptionalIdentifier('subject')
  subject!: string | null;

  @Count('user_epoch')
  userEpoch!: number;

  @Json('details')
  details!: Record<string, unknown>;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('expires_at')
  expiresAt!: Date;

  @OptionalInstant('ended_at')
  endedAt!: Date | null;
}
