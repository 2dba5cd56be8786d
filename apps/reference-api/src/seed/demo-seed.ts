import { SallyportError } from '@sallyport/nest';
import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { ClientSeed } from './client-seed.js';
import {
  readDemoCredentials,
  writeDemoCredentials,
  type DemoCredentials,
} from './demo-credentials.js';
import { DEMO_INVOICES, demoClients } from './demo-data.js';
import { SEEDED_BY } from './seeded-by.js';
import { UserSeed } from './user-seed.js';

/** Fills an empty development database with the demo. Started again, it adds what is missing and changes nothing else. */
@Injectable()
export class DemoSeed {
  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly clients: ClientSeed,
    private readonly users: UserSeed,
    private readonly invoices: InvoicesService,
  ) {
    if (!config.isDevelopment) {
      throw new SallyportError('ERR_OPTIONS_INVALID', {
        reason: 'the demo is for development only: it writes its secrets to a file',
      });
    }
  }

  async run(): Promise<DemoCredentials> {
    const { dataDir, issuer, publicOrigin: api } = this.config;
    const known = await readDemoCredentials(dataDir);
    const clients = demoClients(api);
    const credentials: DemoCredentials = {
      issuer,
      api,
      clients: await this.clients.seedClients(clients, known?.clients ?? []),
      apiKeys: await this.clients.seedApiKeys(clients, known?.apiKeys ?? []),
      users: await this.users.seedUsers(known?.users ?? []),
    };
    await this.seedInvoices();
    await writeDemoCredentials(dataDir, credentials);
    return credentials;
  }

  private async seedInvoices(): Promise<void> {
    const [, total] = await this.invoices.list({}, { page: 1, pageSize: 1 });
    if (total > 0) return;
    for (const invoice of DEMO_INVOICES) {
      await this.invoices.create({ ...invoice, number: null, createdBy: SEEDED_BY.actor });
    }
  }
}
