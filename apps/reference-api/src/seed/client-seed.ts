import {
  ApiKeyService,
  ClientSecretService,
  ClientService,
  RevocationService,
  type NewClient,
} from '@sallyport/nest';
import { Injectable } from '@nestjs/common';
import type { DemoCredentials } from './demo-credentials.js';
import type { DemoClient } from './demo-data.js';
import { orNull } from './or-null.js';
import { SEEDED_BY } from './seeded-by.js';

type SeededClient = DemoCredentials['clients'][number];
type SeededKey = DemoCredentials['apiKeys'][number];

/**
 * The apps of the demo with their secrets and API keys. Only hashes are in the database: one whose text is lost, or
 * ended, is replaced by a new one.
 */
@Injectable()
export class ClientSeed {
  constructor(
    private readonly clients: ClientService,
    private readonly secrets: ClientSecretService,
    private readonly apiKeys: ApiKeyService,
    private readonly revocations: RevocationService,
  ) {}

  /** `known` is what the last start left for the developer. */
  async seedClients(
    clients: readonly DemoClient[],
    known: readonly SeededClient[],
  ): Promise<readonly SeededClient[]> {
    const seeded: SeededClient[] = [];
    for (const { hasApiKey: _key, signs: _signs, hasSecret, ...client } of clients) {
      const { clientId, redirectUris, scope } = client;
      await this.register(client);
      const kept = known.find(({ client_id: id }) => id === clientId)?.client_secret;
      seeded.push({
        client_id: clientId,
        ...(hasSecret && { client_secret: await this.secretOf(clientId, kept) }),
        redirect_uris: redirectUris,
        scope: scope.join(' '),
      });
    }
    return seeded;
  }

  async seedApiKeys(
    clients: readonly DemoClient[],
    known: readonly SeededKey[],
  ): Promise<readonly SeededKey[]> {
    const keys: SeededKey[] = [];
    for (const { clientId, scope, signs } of clients.filter(({ hasApiKey }) => hasApiKey)) {
      const kept = known.find((key) => key.client_id === clientId);
      if (kept !== undefined && (await this.isUsable(kept))) {
        keys.push(kept);
        continue;
      }
      const demand = { clientId, name: 'demo', scope, signedOnly: signs };
      const { apiKey, plaintext, signingSecret } = await this.apiKeys.issue(demand, SEEDED_BY);
      keys.push({
        id: apiKey.id,
        client_id: clientId,
        key: plaintext,
        ...(signingSecret !== null && { signing_secret: signingSecret }),
      });
    }
    return keys;
  }

  private async register(client: NewClient & { readonly resources: readonly string[] }) {
    const { clientId, resources } = client;
    const known = await orNull(this.clients.get(clientId));
    if (known === null) {
      await this.clients.register(client, SEEDED_BY);
    } else if (known.resources.join() !== resources.join()) {
      // The API has moved to another port since.
      await this.clients.update(clientId, { resources }, SEEDED_BY);
    }
  }

  private async secretOf(clientId: string, kept: string | undefined): Promise<string> {
    if (kept !== undefined && (await this.secrets.verify(clientId, kept)) !== null) return kept;
    // Also a first secret is made so: there are no others to be ended then.
    const { plaintext } = await this.secrets.rotate(clientId, SEEDED_BY, { overlapSeconds: 0 });
    return plaintext;
  }

  private async isUsable({ id, client_id: clientId }: SeededKey): Promise<boolean> {
    const key = await orNull(this.apiKeys.get(id));
    if (key?.revokedAt !== null) return false;
    if (key.expiresAt !== null && key.expiresAt <= new Date()) return false;
    const epochs = await this.revocations.currentEpochs({ clientId });
    return key.clientEpoch >= epochs.client;
  }
}
