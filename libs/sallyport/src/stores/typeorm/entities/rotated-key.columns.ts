import type { JWK } from 'jose';
import type { KeyState, RotatedKey } from '../../../key-rotation/rotated-key.js';
import { Instant, Json, PrimaryIdentifier, Text } from './columns.js';

/** What every table of rotated keys has. */
export abstract class RotatedKeyColumns<Algorithm extends string> implements RotatedKey<Algorithm> {
  @PrimaryIdentifier('kid')
  kid!: string;

  @Text('algorithm')
  algorithm!: Algorithm;

  @Text('state')
  state!: KeyState;

  @Json('public_jwk')
  publicJwk!: JWK;

  @Text('sealed_private_jwk')
  sealedPrivateJwk!: string;

  @Instant('created_at')
  createdAt!: Date;

  @Instant('state_since')
  stateSince!: Date;
}
