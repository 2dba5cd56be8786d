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

// The hash is of 256 random bits, so that its index need not be unique: if it were, two requests that write one session
// for the first time would collide there, out of reach of ON CONFLICT (id).
@Entity({ name: 'login_sessions', schema: 'sallyport' })
@Index('login_sessions_cookie_hash', ['cookieHash'])
@Index('login_sessions_expiry', ['expiresAt'])
@Index('login_sessions_user', ['issuer', 'subject'], { where: 'ended_at IS NULL' })
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
