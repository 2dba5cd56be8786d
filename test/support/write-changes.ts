import 'reflect-metadata';
import { embeddedDataSource } from '../../libs/sallyport/src/stores/pglite/embedded-data-source.js';
import { runSallyportMigrations } from '../../libs/sallyport/src/stores/typeorm/migrations/run-migrations.js';
import { sallyportEntities } from '../../libs/sallyport/src/stores/typeorm/sallyport-entities.js';
import { TypeOrmChangeStore } from '../../libs/sallyport/src/stores/typeorm/typeorm-change.store.js';
import { TypeOrmTransactions } from '../../libs/sallyport/src/stores/typeorm/typeorm-transactions.js';

/** A process that writes changes into the directory it is given, and prints the number of each once it is committed. */
const [directory = ''] = process.argv.slice(2);
const dataSource = embeddedDataSource({ directory, entities: sallyportEntities });
await dataSource.initialize();
await runSallyportMigrations(dataSource);
const transactions = new TypeOrmTransactions(dataSource);
const changes = new TypeOrmChangeStore(transactions);

for (let number = 0; ; number++) {
  const id = `0190a1b2-0000-7000-8000-${String(number).padStart(12, '0')}`;
  const at = new Date(Date.UTC(2030, 0, 1) + number);
  const change = { id, at, actor: 'test', reason: null, action: 'made', object: 'o', details: {} };
  await transactions.run((transaction) => changes.append(change, transaction));
  process.stdout.write(`${String(number)}\n`);
}
