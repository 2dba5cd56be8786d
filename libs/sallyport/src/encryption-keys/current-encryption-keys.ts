import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { CurrentKeys } from '../key-rotation/current-keys.js';
import { EncryptionKeyStore } from './encryption-key.store.js';
import type { EncryptionKey } from './encryption-key.js';

@Injectable()
export class CurrentEncryptionKeys extends CurrentKeys<EncryptionKey> {
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- tells Nest what to inject
  constructor(store: EncryptionKeyStore, clock: Clock) {
    super(store, clock);
  }
}
