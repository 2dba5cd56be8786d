import { Injectable } from '@nestjs/common';
import { ClientDirectory } from '../../clients/client.directory.js';
import type { Client } from '../../clients/client.js';
import { readRecipientKeys, type RecipientKey } from '../../encryption/encryption-jwk.js';

/** The keys that clients have registered to be encrypted to: those of their `jwks` with `use: enc`. */
@Injectable()
export class ClientEncryptionKeys {
  private readonly known = new WeakMap<Client, RecipientKey | null>();

  constructor(private readonly clients: ClientDirectory) {}

  /** The first one; null when it has none. */
  async of(clientId: string): Promise<RecipientKey | null> {
    const client = await this.clients.find(clientId);
    if (client === null) return null;
    const known = this.known.get(client);
    if (known !== undefined) return known;
    const [key = null] = readRecipientKeys(client.jwks)?.values() ?? [];
    this.known.set(client, key);
    return key;
  }
}
