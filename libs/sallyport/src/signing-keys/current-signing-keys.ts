import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { CurrentKeys } from '../key-rotation/current-keys.js';
import { SigningKeyStore } from './signing-key.store.js';
import type { SigningKey } from './signing-key.js';

@Injectable()
export class CurrentSigningKeys extends CurrentKeys<SigningKey> {
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- tells Nest what to inject
  constructor(store: SigningKeyStore, clock: Clock) {
    super(store, clock);
  }
}
