import { Entity } from 'typeorm';
import type { Client, UserAgentRule } from '../../../clients/client.js';
import {
  Count,
  Flag,
  Instant,
  OptionalInstant,
  OptionalJson,
  OptionalText,
  PrimaryIdentifier,
  Text,
  Texts,
} from './columns.js';

@Entity({ name: 'clients', schema: 'sallyport' })
export class ClientEntity implements Client {
  @PrimaryIdentifier('client_id')
  clientId!: string;

  @Text('name')
  name!: string;

  @Text('type')
  type!: Client['type'];

  @Flag('is_third_party')
  isThirdParty!: boolean;

  @Texts('scope')
  scope!: string[];

  @Texts('grant_types')
  grantTypes!: string[];

  @Texts('redirect_uris')
  redirectUris!: string[];

  @Texts('origins')
  origins!: string[];

  @OptionalText('plan')
  plan!: string | null;

  @OptionalJson('user_agent')
  userAgent!: UserAgentRule | null;

  @Instant('created_at')
  createdAt!: Date;

  @OptionalInstant('disabled_at')
  disabledAt!: Date | null;

  @Count('version')
  version!: number;
}
