import { Entity, Index } from 'typeorm';
import type { ClientSecret } from '../../../clients/client.js';
import { Count, Identifier, Instant, OptionalInstant, PrimaryUuid, Text } from './columns.js';

@Entity({ name: 'client_secrets', schema: 'sallyport' })
@Index('client_secrets_client', ['clientId'])
export class ClientSecretEntity implements ClientSecret {
  @PrimaryUuid('id')
  id!: string;

  @Identifier('client_id')
  clientId!: string;

  @Text('secret_hash')
  secretHash!: string;

  @Count('client_epoch')
  clientEpoch!: number;

  @Instant('created_at')
  createdAt!: Date;

  @OptionalInstant('expires_at')
  expiresAt!: Date | null;

  @OptionalInstant('revoked_at')
  revokedAt!: Date | null;
}
