import { Entity } from 'typeorm';
import { Instant, LargeCount, PrimaryIdentifier } from './columns.js';

/** When each client was last let in. Beside its record, which is read with every request and changes rarely. */
@Entity({ name: 'client_uses', schema: 'sallyport' })
export class ClientUseEntity {
  @PrimaryIdentifier('client_id')
  clientId!: string;

  @Instant('last_used_at')
  lastUsedAt!: Date;

  @LargeCount('use_count')
  useCount!: number;
}
