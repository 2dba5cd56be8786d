import type { Clock } from '../../../clock.js';
import type { OutboundHttp } from '../../../outbound/outbound-http.js';
import type { SigningAlgorithm } from '../../../signing-keys/signing-key.js';
import { readJwkSet } from './jwk-set.js';
import { RemoteKeySet, type RemoteKeySetSettings } from './remote-key-set.js';
import type { VerificationKey, VerificationKeys } from './verification-keys.js';

export interface RemoteJwksSettings extends RemoteKeySetSettings {
  readonly algorithms: readonly SigningAlgorithm[];
}

/** An issuer's keys that verify. */
export class RemoteJwks extends RemoteKeySet<VerificationKey> implements VerificationKeys {
  constructor({ algorithms, ...settings }: RemoteJwksSettings, http: OutboundHttp, clock: Clock) {
    super(settings, (jwks, previous) => readJwkSet(jwks, algorithms, previous), http, clock);
  }
}
