import { Entity, Index } from 'typeorm';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { RotatedKeyColumns } from './rotated-key.columns.js';

@Entity({ name: 'signing_keys', schema: 'sallyport' })
@Index('signing_keys_one_of_each', ['state'], {
  unique: true,
  where: "state IN ('next', 'active')",
})
export class SigningKeyEntity extends RotatedKeyColumns<SigningAlgorithm> {}
