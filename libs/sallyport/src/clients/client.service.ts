import { Injectable } from '@nestjs/common';
import { changeOf } from '../audit/change-of.js';
import { ChangeStore } from '../audit/change.store.js';
import type { ChangedBy } from '../audit/change.js';
import { Clock } from '../clock.js';
import { SallyportError } from '../errors.js';
import type { PageRequest } from '../page.js';
import { Randomness } from '../randomness.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { Transactions, type Transaction } from '../transactions/transaction.js';
import { fieldsIn, type ClientFields } from './client-fields.js';
import { checkClient } from './client-input.js';
import { ClientStore } from './client.store.js';
import type { Client } from './client.js';

export type NewClient = Pick<Client, 'clientId' | 'name' | 'type'> & Partial<ClientFields>;

const MAX_ATTEMPTS = 20;

/** The life of a client: register, update, disable. Its secrets are `ClientSecretService`'s. */
@Injectable()
export class ClientService {
  constructor(
    private readonly store: ClientStore,
    private readonly changes: ChangeStore,
    private readonly transactions: Transactions,
    private readonly revocations: RevocationService,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** Throws ERR_INPUT_INVALID, or ERR_CONFLICT when the client id is taken. */
  async register(fields: NewClient, by: ChangedBy, transaction?: Transaction): Promise<Client> {
    const { clientId, name, type } = fields;
    const client: Client = {
      clientId,
      name,
      type,
      isThirdParty: false,
      scope: [],
      grantTypes: [],
      redirectUris: [],
      postLogoutRedirectUris: [],
      resources: [],
      jwks: null,
      jwksUri: null,
      accessTokenSeconds: null,
      refreshGrace: true,
      requiresPushedRequests: false,
      dpopBoundAccessTokens: false,
      tlsClientAuth: null,
      selfSignedCertificates: null,
      tlsClientCertificateBoundAccessTokens: false,
      origins: [],
      plan: null,
      userAgent: null,
      ...fieldsIn(fields),
      createdAt: this.clock.now(),
      disabledAt: null,
      version: 1,
    };
    checkClient(client);
    await this.transactions.run(async (inner) => {
      if (!(await this.store.insert(client, inner))) throw conflict('this client id is taken');
      await this.record('client.registered', client.clientId, by, inner);
    }, transaction);
    if (transaction === undefined) await this.revocations.publish();
    return client;
  }

  /** Throws ERR_NOT_FOUND. */
  async get(clientId: string, transaction?: Transaction): Promise<Client> {
    const client = await this.store.find(clientId, transaction);
    if (client === null) {
      throw new SallyportError('ERR_NOT_FOUND', {
        reason: 'no such client',
        detail: 'No such client.',
      });
    }
    return client;
  }

  list(page: PageRequest): Promise<readonly Client[]> {
    return this.store.list(page);
  }

  /** Changes the named fields and no other. Two updates at once both arrive, unless they name the same field. */
  async update(
    clientId: string,
    fields: Partial<ClientFields>,
    by: ChangedBy,
    transaction?: Transaction,
  ): Promise<Client> {
    return this.change('client.updated', clientId, by, transaction, (client) => {
      const changed = { ...client, ...fieldsIn(fields) };
      checkClient(changed);
      return changed;
    });
  }

  /**
   * Stops everything of the client: keys, secrets and tokens, here at once and on other instances within
   * milliseconds, until `enable`. To end them for good, revoke the client.
   */
  async disable(clientId: string, by: ChangedBy, transaction?: Transaction): Promise<Client> {
    return this.change('client.disabled', clientId, by, transaction, (client) => ({
      ...client,
      disabledAt: client.disabledAt ?? this.clock.now(),
    }));
  }

  /** Lets the client in again, with the credentials that it had. */
  async enable(clientId: string, by: ChangedBy, transaction?: Transaction): Promise<Client> {
    return this.change('client.enabled', clientId, by, transaction, (client) => ({
      ...client,
      disabledAt: null,
    }));
  }

  /**
   * Lets nobody else change the client, or what hangs on it, until `transaction` ends: so that what two do at once
   * to its secrets comes one after the other. @internal
   */
  async hold(clientId: string, transaction: Transaction): Promise<Client> {
    return this.replace(clientId, (client) => client, transaction);
  }

  private async change(
    action: string,
    clientId: string,
    by: ChangedBy,
    transaction: Transaction | undefined,
    edit: (client: Client) => Client,
  ): Promise<Client> {
    const changed = await this.transactions.run(async (inner) => {
      const client = await this.replace(clientId, edit, inner);
      await this.record(action, clientId, by, inner);
      return client;
    }, transaction);
    if (transaction === undefined) await this.revocations.publish();
    return changed;
  }

  private async replace(
    clientId: string,
    edit: (client: Client) => Client,
    transaction: Transaction,
  ): Promise<Client> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const client = await this.get(clientId, transaction);
      const changed = { ...edit(client), version: client.version + 1 };
      if (await this.store.replace(changed, transaction)) return changed;
    }
    throw conflict('this client is being changed by others: try again');
  }

  private async record(
    action: string,
    clientId: string,
    by: ChangedBy,
    transaction: Transaction,
  ): Promise<void> {
    const change = changeOf({ action, object: clientId }, by, this.clock.now(), this.randomness);
    await this.changes.append(change, transaction);
    await this.revocations.recordChanged({ kind: 'client-record', clientId }, by, transaction);
  }
}

const conflict = (detail: string) => new SallyportError('ERR_CONFLICT', { reason: detail, detail });
