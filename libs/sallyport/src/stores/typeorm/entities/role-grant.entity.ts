import { Entity, Index } from 'typeorm';
import { Identifier, Instant, OptionalIdentifier, PrimaryUuid, Text } from './columns.js';

// Two indexes, since a unique index holds null client ids to be different from each other.
@Entity({ name: 'role_grants', schema: 'sallyport' })
@Index('role_grants_one_client', ['issuer', 'subject', 'clientId', 'role'], {
  unique: true,
  where: 'client_id IS NOT NULL',
})
@Index('role_grants_any_client', ['issuer', 'subject', 'role'], {
  unique: true,
  where: 'client_id IS NULL',
})
export class RoleGrantEntity {
  @PrimaryUuid('id')
  id!: string;

  @Identifier('issuer')
  issuer!: string;

  @Identifier('subject')
  subject!: string;

  /** Null: in any client. */
  @OptionalIdentifier('client_id')
  clientId!: string | null;

  @Identifier('role')
  role!: string;

  @Instant('granted_at')
  grantedAt!: Date;

  @Text('granted_by')
  grantedBy!: string;
}
