import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { DataSource } from 'typeorm';
import {
  openDataSource,
  randomSchema,
  typeOrmStoresOn,
} from '../../../../../test/support/postgres.js';
import { embeddedDataSourceOptions } from '../pglite/embedded-data-source.js';
import { postgresDataSourceOptions } from './postgres-data-source-options.js';
import { tableOf } from './rows.js';
import { UserStateEntity } from './entities/user-state.entity.js';
import { inTime } from '../../../../../test/support/stopwatch.js';

const unavailable = { code: 'ERR_STORE_UNAVAILABLE', context: { retryAfterSeconds: 1 } };
const alice = { issuer: 'https://id.example.com', subject: 'alice' };
const at = new Date('2030-01-01T00:00:00Z');

/** Fails unless the work is refused as unavailable within 2 seconds. */
async function expectRefusedInTime(work: () => Promise<unknown>): Promise<void> {
  await inTime(2000, () => expect(work()).rejects.toMatchObject(unavailable));
}

describe('a database that does not answer', () => {
  it('is unavailable when the DataSource is closed', async () => {
    const dataSource = await openDataSource(
      embeddedDataSourceOptions({ directory: 'memory://' }),
      'sallyport',
    );
    const { userStates, transactions } = typeOrmStoresOn(dataSource);
    await dataSource.destroy();
    await expectRefusedInTime(() => userStates.find(alice));
    await expectRefusedInTime(() => transactions.run(() => Promise.resolve()));
  });

  it('is unavailable, not frozen, to a read past the transaction that holds the one session of PGlite', async () => {
    const dataSource = await openDataSource(
      embeddedDataSourceOptions({ directory: 'memory://' }),
      'sallyport',
    );
    const { userStates, transactions } = typeOrmStoresOn(dataSource);
    await expectRefusedInTime(() => transactions.run(() => userStates.find(alice)));
    expect(await userStates.find(alice)).toBeNull();
    await dataSource.destroy();
  });
});

const url = process.env.TEST_DATABASE_URL;
if (url !== undefined) {
  describe('PostgreSQL behind a connection that fails', () => {
    const schema = randomSchema();
    let relay: Relay;
    let dataSource: DataSource;
    beforeAll(async () => {
      relay = await Relay.open(new URL(url));
      dataSource = await openDataSource(
        {
          ...postgresDataSourceOptions(relay.url),
          logging: false,
          poolErrorHandler: () => undefined,
        },
        schema,
      );
    });
    afterAll(async () => {
      await relay.resume();
      await dataSource.query(`DROP SCHEMA ${schema} CASCADE`);
      await dataSource.destroy();
      await relay.close();
    });

    const suspend = () => {
      const { transactions, userStates } = typeOrmStoresOn(dataSource);
      return transactions.run((tx) => userStates.suspend(alice, at, tx));
    };
    const find = () => typeOrmStoresOn(dataSource).userStates.find(alice);

    it('is unavailable while connections are refused, and back when they are not', async () => {
      await relay.refuse();
      await expectRefusedInTime(find);
      await expectRefusedInTime(suspend);
      await relay.resume();
      expect(await find()).toBeNull();
    });

    it('is unavailable while nothing comes through, and back afterwards', async () => {
      await find();
      relay.hold();
      await Promise.all([expectRefusedInTime(find), expectRefusedInTime(suspend)]);
      await expectRefusedInTime(find);
      await relay.resume();
      expect(await find()).toBeNull();
    });

    it('is unavailable when a connection breaks in the middle of a transaction, and nothing is kept', async () => {
      const { transactions, userStates } = typeOrmStoresOn(dataSource);
      await expectRefusedInTime(() =>
        transactions.run(async (tx) => {
          await userStates.suspend(alice, at, tx);
          relay.cut();
          await userStates.suspend({ ...alice, subject: 'bob' }, at, tx);
        }),
      );
      expect(await find()).toBeNull();
    });

    it('is unavailable when the server terminates a session', async () => {
      const { transactions, userStates } = typeOrmStoresOn(dataSource);
      await expectRefusedInTime(() =>
        transactions.run(async (tx) => {
          await userStates.suspend(alice, at, tx);
          await dataSource.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE pid <> pg_backend_pid() AND state = 'idle in transaction' AND query LIKE $1`,
            [`%${schema}%`],
          );
          await userStates.reinstate(alice, tx);
        }),
      );
      expect(await find()).toBeNull();
    });

    it('is unavailable to who waits too long for a lock', async () => {
      await dataSource.transaction(async (manager) => {
        await manager.query(`LOCK TABLE ${tableOf(manager, UserStateEntity)}`);
        await expectRefusedInTime(suspend);
      });
      expect(await suspend()).toBe(true);
    });

    it('names no parameter of the statement in its error', async () => {
      await relay.refuse();
      const error: unknown = await find().catch((refusal: unknown) => refusal);
      await relay.resume();
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('alice');
    });
  });
}

/** Stands between the pool and the server, and can refuse, hold or cut the connections. */
class Relay {
  private readonly sockets = new Set<Socket>();
  private isHeld = false;

  private constructor(
    private readonly target: URL,
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async open(target: URL): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const relay = new Relay(target, server, (server.address() as AddressInfo).port);
    server.on('connection', (socket) => {
      relay.join(socket);
    });
    return relay;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  hold(): void {
    this.isHeld = true;
    for (const socket of this.sockets) socket.pause().unpipe();
  }

  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  async resume(): Promise<void> {
    if (this.isHeld) this.cut();
    this.isHeld = false;
    if (this.server.listening) return;
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  private join(client: Socket): void {
    const { hostname, port } = this.target;
    const upstream = connect({ host: hostname, port: port === '' ? 5432 : Number(port) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (!this.isHeld) from.pipe(to);
    }
  }
}
