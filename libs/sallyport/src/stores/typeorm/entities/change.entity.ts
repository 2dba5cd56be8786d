import { Entity, Index } from 'typeorm';
import type { Change } from '../../../audit/change.js';
import { Identifier, Instant, Json, OptionalText, PrimaryUuid, Text } from './columns.js';

@Entity({ name: 'changes', schema: 'sallyport' })
@Index('changes_object', ['object', 'at', 'id'])
export class ChangeEntity implements Change {
  @PrimaryUuid('id')
  id!: string;

  @Instant('at')
  at!: Date;

  @Text('actor')
  actor!: string;

  @OptionalText('reason')
  reason!: string | null;

  @Text('action')
  action!: string;

  @Identifier('object')
  object!: string;

  @Json('details')
  details!: Change['details'];
}
