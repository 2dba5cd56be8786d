import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ClientDirectory } from '../../clients/client.directory.js';
import type { Client } from '../../clients/client.js';
import { encryptionAlgorithmsOf } from '../../clients/client-keys.js';
import type { KeyManagementAlgorithm } from '../../encryption/compact-jwe.js';
import { readPublicKey } from '../bearer/keys/jwk-set.js';

/** A public key of a client, which alone has the private one. */
export interface ClientEncryptionKey {
  readonly kid: string;
  readonly algorithm: KeyManagementAlgorithm;
  readonly key: KeyObject;
}

/** The keys that clients have registered to be encrypted to: those of their `jwks` with `use: enc`. */
@Injectable()
export class ClientEncryptionKeys {
  private readonly known = new WeakMap<Client, ClientEncryptionKey | null>();

  constructor(private readonly clients: ClientDirectory) {}

  /** The first one; null when it has none. */
  async of(clientId: string): Promise<ClientEncryptionKey | null> {
    const client = await this.clients.find(clientId);
    if (client === null) return null;
    const known = this.known.get(client);
    if (known !== undefined) return known;
    const key = firstOf(client);
    this.known.set(client, key);
    return key;
  }
}

function firstOf({ jwks }: Client): ClientEncryptionKey | null {
  const jwk = jwks?.keys.find(({ use }) => use === 'enc');
  const key = jwk === undefined ? null : readPublicKey({ ...jwk });
  if (key === null || jwk?.kid === undefined) return null;
  const possible = encryptionAlgorithmsOf(key);
  const algorithm = possible.find((name) => jwk.alg === undefined || jwk.alg === name);
  return algorithm === undefined ? null : { kid: jwk.kid, algorithm, key };
}
