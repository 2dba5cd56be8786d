import { Entity, Index } from 'typeorm';
import type { Revocation, RevocationKind } from '../../../revocation/revocation.js';
import {
  Count,
  Flag,
  Instant,
  OptionalInstant,
  OptionalText,
  PrimaryIdentifier,
  Text,
  TransactionId,
} from './columns.js';

@Entity({ name: 'revocations', schema: 'sallyport' })
@Index('revocations_changed', ['changedAt'])
@Index('revocations_ended', ['kind', 'changedAt'])
@Index('revocations_transaction', ['transaction'])
@Index('revocations_outbox', ['changedAt', 'key'], { where: 'NOT is_published' })
export class RevocationEntity implements Revocation {
  @PrimaryIdentifier('key')
  key!: string;

  @Text('kind')
  kind!: RevocationKind;

  @Count('epoch')
  epoch!: number;

  @OptionalInstant('revoked_at')
  revokedAt!: Date | null;

  @Text('actor')
  actor!: string;

  @OptionalText('reason')
  reason!: string | null;

  @Instant('changed_at')
  changedAt!: Date;

  /** The transaction that raised it last (`pg_current_xact_id`), as text: 64 bits. */
  @TransactionId('transaction')
  transaction!: string;

  /** Whether the blacklist has it at this epoch: the outbox is what is not. */
  @Flag('is_published')
  isPublished!: boolean;
}
