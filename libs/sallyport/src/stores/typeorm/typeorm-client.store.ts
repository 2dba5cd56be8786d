import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { ClientStore } from '../../clients/client.store.js';
import type { Client, ClientSecret } from '../../clients/client.js';
import type { PageRequest } from '../../page.js';
import type { Transaction } from '../../transactions/transaction.js';
import { assertStorable, isStorable } from '../storable-text.js';
import { ClientSecretEntity } from './entities/client-secret.entity.js';
import { ClientEntity } from './entities/client.entity.js';
import { insertRow, insertUnlessTaken, isUuid, recordOf } from './rows.js';
import { TypeOrmTransactions } from './typeorm-transactions.js';

@Injectable()
export class TypeOrmClientStore extends ClientStore {
  constructor(private readonly database: TypeOrmTransactions) {
    super();
  }

  async insert(client: Client, transaction: Transaction): Promise<boolean> {
    assertStorable(client, [client.clientId]);
    return this.database.query(
      (manager) => insertUnlessTaken(manager, ClientEntity, rowOf(client)),
      transaction,
    );
  }

  async find(clientId: string, transaction?: Transaction): Promise<Client | null> {
    if (!isStorable(clientId)) return null;
    return this.database.findOne(ClientEntity, { clientId }, transaction);
  }

  async list({ limit, after }: PageRequest): Promise<readonly Client[]> {
    if (after !== undefined && !isStorable(after)) return [];
    return this.database.query(async (manager) => {
      const rows = await manager.find(ClientEntity, {
        where: after === undefined ? {} : { clientId: MoreThan(after) },
        order: { clientId: 'ASC' },
        take: limit,
      });
      return rows.map(recordOf);
    });
  }

  async replace(client: Client, transaction: Transaction): Promise<boolean> {
    assertStorable(client, [client.clientId]);
    const { clientId, ...changes } = rowOf(client);
    return this.database.query(async (manager) => {
      const present = { clientId, version: client.version - 1 };
      return (await manager.update(ClientEntity, present, changes)).affected === 1;
    }, transaction);
  }

  async insertSecret(secret: ClientSecret, transaction: Transaction): Promise<void> {
    assertStorable(secret, [secret.clientId]);
    await this.database.query(
      (manager) => insertRow(manager, ClientSecretEntity, secret),
      transaction,
    );
  }

  async activeSecrets(clientId: string, at: Date): Promise<readonly ClientSecret[]> {
    if (!isStorable(clientId)) return [];
    return this.database.query(async (manager) => {
      const rows = await manager.find(ClientSecretEntity, {
        where: [
          { clientId, revokedAt: IsNull(), expiresAt: IsNull() },
          { clientId, revokedAt: IsNull(), expiresAt: MoreThan(at) },
        ],
        order: { id: 'ASC' },
      });
      return rows.map(recordOf);
    });
  }

  async endSecrets(
    clientId: string,
    exceptId: string,
    expiresAt: Date,
    transaction: Transaction,
  ): Promise<void> {
    if (!isStorable(clientId)) return;
    await this.database.query(
      (manager) =>
        manager
          .createQueryBuilder()
          .update(ClientSecretEntity)
          .set({ expiresAt })
          .where('client_id = :clientId AND id::text <> :exceptId', { clientId, exceptId })
          .andWhere('(expires_at IS NULL OR expires_at > :expiresAt)', { expiresAt })
          .execute(),
      transaction,
    );
  }

  async revokeSecret(id: string, at: Date, transaction: Transaction): Promise<string | null> {
    if (!isUuid(id)) return null;
    return this.database.query(async (manager) => {
      const result = await manager
        .createQueryBuilder()
        .update(ClientSecretEntity)
        .set({ revokedAt: at })
        .where({ id, revokedAt: IsNull() })
        .returning(['clientId'])
        .execute();
      const [revoked] = result.raw as readonly { readonly client_id: string }[];
      return revoked?.client_id ?? null;
    }, transaction);
  }
}

const rowOf = (client: Client) => ({
  ...client,
  scope: [...client.scope],
  grantTypes: [...client.grantTypes],
  redirectUris: [...client.redirectUris],
  postLogoutRedirectUris: [...client.postLogoutRedirectUris],
  resources: [...client.resources],
  selfSignedCertificates: client.selfSignedCertificates && [...client.selfSignedCertificates],
  origins: [...client.origins],
});
