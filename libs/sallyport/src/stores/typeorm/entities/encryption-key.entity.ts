import { Entity, Index } from 'typeorm';
import type { EncryptionAlgorithm } from '../../../encryption-keys/encryption-key.js';
import { RotatedKeyColumns } from './rotated-key.columns.js';

@Entity({ name: 'encryption_keys', schema: 'sallyport' })
@Index('encryption_keys_one_of_each', ['state'], {
  unique: true,
  where: "state IN ('next', 'active')",
})
export class EncryptionKeyEntity extends RotatedKeyColumns<EncryptionAlgorithm> {}
