import type { JWK } from 'jose';
import { Entity, Index } from 'typeorm';
import type {
  SigningAlgorithm,
  SigningKey,
  SigningKeyState,
} from '../../../signing-keys/signing-key.js';
import { Instant, Json, PrimaryIdentifier, Text } from './columns.js';

@Entity({ name: 'signing_keys', schema: 'sallyport' })
@Index('signing_keys_one_of_each', ['state'], {
  unique: true,
  where: "state IN ('next', 'active')",
})
export class SigningKeyEntity implements SigningKey {
  @PrimaryIdentifier('kid')
  kid!: string;

  @Text('algorithm')
  algorithm!: SigningAlgorithm;

  @Text('state')
  state!: SigningKeyState;

  @Json('public_jwk')
  publicJwk!: JWK;

  @Text('sealed_private_jwk')
  sealedPrivateJwk!: string;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('state_since')
  stateSince!: Date;
}
