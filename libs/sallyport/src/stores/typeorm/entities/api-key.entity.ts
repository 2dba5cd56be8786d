import { Entity, Index } from 'typeorm';
import type { ApiKeyEnvironment } from '../../../api-keys/api-key.js';
import {
  Count,
  Flag,
  Identifier,
  Instant,
  LargeCount,
  OptionalIdentifier,
  OptionalInstant,
  OptionalText,
  PrimaryIdentifier,
  Text,
  Texts,
} from './columns.js';

/** The id in the key's text is the primary key: every lookup has it, and a second id would only need a second index. */
@Entity({ name: 'api_keys', schema: 'sallyport' })
@Index('api_keys_client', ['clientId', 'createdAt', 'id'])
@Index('api_keys_foreign_hash', ['secretHash'], { unique: true, where: 'is_foreign' })
export class ApiKeyEntity {
  @PrimaryIdentifier('id')
  id!: string;

  @Identifier('secret_hash')
  secretHash!: string;

  @Text('prefix')
  prefix!: string;

  @Flag('is_foreign')
  isForeign!: boolean;

  @Text('environment')
  environment!: ApiKeyEnvironment;

  @Text('name')
  name!: string;

  @Identifier('client_id')
  clientId!: string;

  /** Null together with `userSubject` on a key that is not personal. */
  @OptionalIdentifier('user_issuer')
  userIssuer!: string | null;

  @OptionalIdentifier('user_subject')
  userSubject!: string | null;

  @Texts('scope')
  scope!: string[];

  @Texts('address_ranges')
  addressRanges!: string[];

  @Flag('signed_only')
  signedOnly!: boolean;

  @OptionalText('sealed_signing_secret')
  sealedSigningSecret!: string | null;

  @Count('client_epoch')
  clientEpoch!: number;

  @Count('user_epoch')
  userEpoch!: number;

  @Instant('created_at')
  createdAt!: Date;

  @OptionalInstant('expires_at')
  expiresAt!: Date | null;

  @OptionalInstant('revoked_at')
  revokedAt!: Date | null;

  @OptionalIdentifier('replaced_by')
  replacedBy!: string | null;

  @OptionalInstant('last_used_at')
  lastUsedAt!: Date | null;

  @LargeCount('use_count')
  useCount!: number;
}
