import { Module, type DynamicModule } from '@nestjs/common';
import { StoreHealth } from './health/store-health.js';
import { Randomness } from './randomness.js';
import { parseKeyEncryptionKeys, Sealer } from './sealing/sealer.js';
import { STORES_DESCRIPTION, type StoresDescription } from './stores-description.js';
import { memoryPassingPorts, memoryPassingStores } from './stores/memory/memory-passing-stores.js';
import {
  TypeOrmStoresModule,
  type TypeOrmStoresOptions,
} from './stores/typeorm/typeorm-stores.module.js';
import { TypeOrmTransactions } from './stores/typeorm/typeorm-transactions.js';
import { SystemModule } from './system.module.js';

export interface EmbeddedStoresOptions extends TypeOrmStoresOptions {
  /** Key-encryption keys: `kid:base64url(32 bytes)`, separated by commas; the first seals, all open. */
  readonly kek: string;
}

const description: StoresDescription = {
  name: 'embedded stores',
  isShared: false,
  isDurable: true,
};

@Module({})
class EmbeddedStoresModule {}

/**
 * For one instance without servers: what lasts goes to the host's TypeORM DataSource, which may be PGlite
 * (`embeddedDataSourceOptions`), and what passes stays in this process.
 */
export function embeddedStores(options: EmbeddedStoresOptions): DynamicModule {
  const { kek, ...database } = options;
  const keys = parseKeyEncryptionKeys(kek);
  return {
    module: EmbeddedStoresModule,
    imports: [SystemModule, TypeOrmStoresModule.forRoot({ runMigrations: true, ...database })],
    providers: [
      ...memoryPassingStores,
      { provide: STORES_DESCRIPTION, useValue: description },
      {
        provide: Sealer,
        inject: [Randomness],
        useFactory: (randomness: Randomness) => new Sealer(keys, randomness),
      },
      {
        provide: StoreHealth,
        inject: [TypeOrmTransactions],
        useFactory: (database: TypeOrmTransactions) =>
          new StoreHealth([{ name: 'postgresql', isEssential: true, ping: () => database.ping() }]),
      },
    ],
    exports: [TypeOrmStoresModule, ...memoryPassingPorts, STORES_DESCRIPTION, Sealer, StoreHealth],
  };
}

export {
  embeddedDataSource,
  embeddedDataSourceOptions,
  type EmbeddedDatabaseOptions,
} from './stores/pglite/embedded-data-source.js';
