import { randomUUID } from 'node:crypto';
import {
  ApiKeyService,
  ClientService,
  RevocationService,
  RoleGrantService,
  SallyportError,
  type ChangedBy,
} from '@sallyport/nest';
import { transactionOf } from '@sallyport/nest/typeorm';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { UserDirectory } from '../users/user-directory.js';
import { UserEntity } from '../users/user.entity.js';
import {
  readDemoCredentials,
  writeDemoCredentials,
  type DemoCredentials,
} from './demo-credentials.js';
import { DEMO_CLIENTS, DEMO_INVOICES, DEMO_USERS, type DemoUser } from './demo-data.js';
import { demoIssuerName } from './demo-issuer.js';

type DemoKey = DemoCredentials['apiKeys'][number];

const BY: ChangedBy = { actor: 'seed', reason: 'demo data' };

/** Fills an empty development database with the demo. Started again, it adds what is missing and changes nothing else. */
@Injectable()
export class DemoSeed {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly database: DataSource,
    private readonly clients: ClientService,
    private readonly apiKeys: ApiKeyService,
    private readonly roles: RoleGrantService,
    private readonly revocations: RevocationService,
    private readonly invoices: InvoicesService,
    private readonly directory: UserDirectory,
  ) {
    if (!config.isDevelopment) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: 'the demo is for development only: it writes its secrets to a file',
      });
    }
  }

  async run(): Promise<DemoCredentials> {
    const { dataDir, publicOrigin } = this.config;
    const issuer = demoIssuerName(publicOrigin);
    await this.seedClients();
    const known = await readDemoCredentials(dataDir);
    const credentials: DemoCredentials = {
      issuer,
      api: publicOrigin,
      clients: DEMO_CLIENTS.map(({ clientId, scope, redirectUris }) => ({
        client_id: clientId,
        scope: scope.join(' '),
        redirect_uris: redirectUris,
      })),
      apiKeys: await this.seedApiKeys(known?.apiKeys ?? []),
      users: await this.seedUsers(issuer),
    };
    await this.seedInvoices();
    await writeDemoCredentials(dataDir, credentials);
    return credentials;
  }

  private async seedClients(): Promise<void> {
    for (const { hasApiKey: _key, hasTokens: _tokens, ...client } of DEMO_CLIENTS) {
      const isThere = await orNull(this.clients.get(client.clientId));
      if (isThere === null) await this.clients.register(client, BY);
    }
  }

  /** Only hashes are in the database: a key whose text is lost is replaced by a new one. */
  private async seedApiKeys(known: readonly DemoKey[]): Promise<readonly DemoKey[]> {
    const keys: DemoKey[] = [];
    for (const { clientId, scope } of DEMO_CLIENTS.filter(({ hasApiKey }) => hasApiKey)) {
      const kept = known.find((key) => key.client_id === clientId);
      if (kept !== undefined && (await this.isUsable(kept))) {
        keys.push(kept);
        continue;
      }
      const demand = { clientId, name: 'demo', scope };
      const { apiKey, plaintext } = await this.apiKeys.issue(demand, BY);
      keys.push({ id: apiKey.id, client_id: clientId, key: plaintext });
    }
    return keys;
  }

  private async isUsable({ id, client_id: clientId }: DemoKey): Promise<boolean> {
    const key = await orNull(this.apiKeys.get(id));
    if (key?.revokedAt !== null) return false;
    if (key.expiresAt !== null && key.expiresAt <= new Date()) return false;
    const epochs = await this.revocations.currentEpochs({ clientId });
    return key.clientEpoch >= epochs.client;
  }

  private async seedUsers(issuer: string): Promise<DemoCredentials['users']> {
    const repository = this.database.getRepository(UserEntity);
    const users: { username: string; sub: string }[] = [];
    for (const user of DEMO_USERS) {
      const { username } = user;
      const known = await repository.findOneBy({ issuer, username });
      users.push({ username, sub: known?.subject ?? (await this.addUser(issuer, user)) });
    }
    await this.directory.reload();
    return users;
  }

  /** The user and their roles in one transaction: Sallyport's writes join the app's. */
  private async addUser(
    issuer: string,
    { username, department, roles }: DemoUser,
  ): Promise<string> {
    const subject = randomUUID();
    await this.database.transaction(async (manager) => {
      await manager.insert(UserEntity, { issuer, subject, username, department });
      for (const [clientId, role] of Object.entries(roles)) {
        const assignment = { user: { issuer, subject }, clientId, role };
        await this.roles.grant(assignment, BY, transactionOf(manager));
      }
    });
    return subject;
  }

  private async seedInvoices(): Promise<void> {
    const [, total] = await this.invoices.list({}, { page: 1, pageSize: 1 });
    if (total > 0) return;
    for (const invoice of DEMO_INVOICES) {
      await this.invoices.create({ ...invoice, number: null, createdBy: BY.actor });
    }
  }
}

async function orNull<T>(finding: Promise<T>): Promise<T | null> {
  try {
    return await finding;
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_NOT_FOUND') return null;
    throw error;
  }
}
