import { createPublicKey, type KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import { jwsSignature } from '../../signing-keys/jws-signature.js';
import type { SigningKeyMaterial } from '../../signing-keys/opened-signing-keys.js';

/**
 * A key of ours in the engine's hands: it asks us to sign, so the private part stays a `KeyObject`, and costs no import
 * of a JWK and no other thread.
 */
export class OwnSigningKey extends ExternalSigningKey {
  private readonly publicKey: KeyObject;

  constructor(private readonly material: SigningKeyMaterial) {
    super();
    this.publicKey = createPublicKey(material.privateKey);
    // The engine's class keeps both in accessors, whose setters its types leave out.
    Object.assign(this, { kid: material.kid, alg: material.algorithm });
  }

  override keyObject(): KeyObject {
    return this.publicKey;
  }

  override sign(data: Uint8Array): Buffer | Promise<Buffer> {
    const { algorithm, privateKey } = this.material;
    return jwsSignature(algorithm, privateKey, data);
  }
}
