import type { AdapterPayload } from 'oidc-provider';
import type { ClientDirectory } from '../../clients/client.directory.js';
import { clientMetadata } from './client-metadata.js';
import { ModelAdapter } from './model-adapter.js';

/** Clients as the directory has them; a disabled one is none. */
export class ClientAdapter extends ModelAdapter {
  constructor(
    private readonly clients: ClientDirectory,
    private readonly signingAlgorithm: string,
  ) {
    super('Client');
  }

  override async find(clientId: string): Promise<AdapterPayload | undefined> {
    const client = await this.clients.find(clientId);
    if (client?.disabledAt !== null) return undefined;
    return clientMetadata(client, this.signingAlgorithm);
  }
}
