import { Entity } from 'typeorm';
import type { UserState } from '../../../users/user.js';
import { OptionalInstant, PrimaryIdentifier } from './columns.js';

@Entity({ name: 'user_states', schema: 'sallyport' })
export class UserStateEntity implements UserState {
  @PrimaryIdentifier('issuer')
  issuer!: string;

  @PrimaryIdentifier('subject')
  subject!: string;

  @OptionalInstant('suspended_at')
  suspendedAt!: Date | null;
}
