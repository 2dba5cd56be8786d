import { constants, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { joseOfDer } from '../hashing/ecdsa-signature.js';
import type { SigningAlgorithm } from './signing-key.js';

const signElsewhere = promisify(sign);

/**
 * The signature over `data`, as JWS spells it (RFC 7518 §3, RFC 8037 §3.1). Elliptic curves take some forty microseconds,
 * less than handing the work to another thread and back; RSA takes long enough for the event loop to go on meanwhile.
 */
export function jwsSignature(
  algorithm: SigningAlgorithm,
  key: KeyObject,
  data: Uint8Array,
): Buffer | Promise<Buffer> {
  switch (algorithm) {
    case 'ES256':
      return joseOfDer(sign('sha256', data, key));
    case 'EdDSA':
      return sign(null, data, key);
    case 'RS256':
      return signElsewhere('sha256', data, key);
    case 'PS256':
      return signElsewhere('sha256', data, { key, ...PSS });
  }
}

/** RFC 7518 §3.5: the salt is as long as the hash. */
const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};
