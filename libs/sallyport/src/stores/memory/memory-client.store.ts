import { Injectable } from '@nestjs/common';
import { ClientStore } from '../../clients/client.store.js';
import type { Client, ClientSecret } from '../../clients/client.js';
import type { PageRequest } from '../../page.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

@Injectable()
export class MemoryClientStore extends ClientStore {
  private readonly clients: MemoryTable<Client>;
  private readonly secrets: MemoryTable<ClientSecret>;

  constructor(database: MemoryDatabase) {
    super();
    this.clients = database.table();
    this.secrets = database.table();
  }

  async insert(client: Client, transaction: Transaction): Promise<boolean> {
    assertStorable(client, [client.clientId]);
    if (this.clients.get(client.clientId, transaction)) return false;
    this.clients.set(client.clientId, client, transaction);
    return true;
  }

  async find(clientId: string, transaction?: Transaction): Promise<Client | null> {
    return this.clients.get(clientId, transaction) ?? null;
  }

  async list({ limit, after }: PageRequest): Promise<readonly Client[]> {
    return this.clients
      .filter(({ clientId }) => after === undefined || clientId > after)
      .sort((a, b) => (a.clientId < b.clientId ? -1 : 1))
      .slice(0, limit);
  }

  async replace(client: Client, transaction: Transaction): Promise<boolean> {
    assertStorable(client, [client.clientId]);
    const present = this.clients.get(client.clientId, transaction);
    if (present?.version !== client.version - 1) return false;
    this.clients.set(client.clientId, client, transaction);
    return true;
  }

  async insertSecret(secret: ClientSecret, transaction: Transaction): Promise<void> {
    assertStorable(secret, [secret.clientId]);
    this.secrets.set(secret.id, secret, transaction);
  }

  async activeSecrets(clientId: string, at: Date): Promise<readonly ClientSecret[]> {
    return this.secrets.filter(
      (secret) =>
        secret.clientId === clientId &&
        secret.revokedAt === null &&
        (secret.expiresAt === null || secret.expiresAt > at),
    );
  }

  async endSecrets(
    clientId: string,
    exceptId: string,
    expiresAt: Date,
    transaction: Transaction,
  ): Promise<void> {
    const longer = this.secrets.filter(
      (secret) =>
        secret.clientId === clientId &&
        secret.id !== exceptId &&
        (secret.expiresAt === null || secret.expiresAt > expiresAt),
      transaction,
    );
    for (const secret of longer) this.secrets.set(secret.id, { ...secret, expiresAt }, transaction);
  }

  async revokeSecret(id: string, at: Date, transaction: Transaction): Promise<string | null> {
    const secret = this.secrets.get(id, transaction);
    if (secret?.revokedAt !== null) return null;
    this.secrets.set(id, { ...secret, revokedAt: at }, transaction);
    return secret.clientId;
  }
}
