import { Entity } from 'typeorm';
import type { Consent } from '../../../consents/consent.js';
import { Instant, PrimaryIdentifier, Texts } from './columns.js';

@Entity({ name: 'consents', schema: 'sallyport' })
export class ConsentEntity implements Consent {
  @PrimaryIdentifier('issuer')
  issuer!: string;

  @PrimaryIdentifier('subject')
  subject!: string;

  @PrimaryIdentifier('client_id')
  clientId!: string;

  @Texts('scope')
  scope!: string[];

  @Instant('granted_at')
  grantedAt!: Date;
}
