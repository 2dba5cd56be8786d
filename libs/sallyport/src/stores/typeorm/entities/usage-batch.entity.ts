import { Entity, Index } from 'typeorm';
import { Instant, PrimaryUuid } from './columns.js';

/** Batches of usage that were written: one that is sent again counts once. */
@Entity({ name: 'usage_batches', schema: 'sallyport' })
@Index('usage_batches_written', ['writtenAt'])
export class UsageBatchEntity {
  @PrimaryUuid('id')
  id!: string;

  @Instant('written_at')
  writtenAt!: Date;
}
