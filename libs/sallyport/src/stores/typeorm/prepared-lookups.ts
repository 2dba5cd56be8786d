import { Logger } from '@nestjs/common';
import { QueryFailedError, type DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { guarded, guardedConnect, isUnanswered } from './database-failure.js';
import { Lookup } from './lookup.js';

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

type Rows = readonly ObjectLiteral[];

/** What we ask of the connections of `pg`, whose types are no dependency of ours. */
interface PgClient {
  query(statement: Statement): Promise<{ readonly rows: Rows }>;
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
  /** `true` closes it, whatever it is doing. */
  release(isBroken?: boolean): void;
}

/** SQLSTATE of a prepared statement that is not there, or was there before. */
const FORGETFUL = ['26000', '42P05'];

/** Runs lookups straight on the pool of the DataSource, each prepared once per connection. */
export class PreparedLookups {
  private readonly logger = new Logger('Sallyport');
  private readonly lookups = new Map<EntityTarget<ObjectLiteral>, Map<string, unknown>>();
  /** Whether connections keep what was prepared: those of a pooler between us and PostgreSQL may be another each time. */
  private areKept = true;

  constructor(private readonly dataSource: DataSource) {}

  of<Row extends ObjectLiteral>(entity: EntityTarget<Row>, by: readonly string[]): Lookup<Row> {
    const ofEntity = this.lookups.get(entity) ?? new Map<string, unknown>();
    this.lookups.set(entity, ofEntity);
    const key = by.join();
    const lookup = ofEntity.get(key) ?? new Lookup(this.dataSource, entity, by);
    ofEntity.set(key, lookup);
    return lookup as Lookup<Row>;
  }

  /** Throws ERR_STORE_UNAVAILABLE. */
  async run<Row extends ObjectLiteral>(
    { name, text }: Lookup<Row>,
    values: readonly unknown[],
  ): Promise<Rows> {
    const client = await this.connect();
    // A lost connection is told to the statement.
    client.on('error', ignore);
    let isBroken = false;
    try {
      return await guarded(() => this.ask(client, { name, text, values }));
    } catch (error) {
      isBroken = isUnanswered(error);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(isBroken);
    }
  }

  private async connect(): Promise<PgClient> {
    const { driver } = this.dataSource as unknown as {
      readonly driver: { readonly master: { connect(): Promise<PgClient> } };
    };
    const connecting = Promise.try(() => driver.master.connect());
    try {
      return await guardedConnect(connecting);
    } catch (error) {
      // A connection that comes too late goes back unused.
      void connecting.then((client) => {
        client.release();
      }, ignore);
      throw error;
    }
  }

  private async ask(client: PgClient, statement: Statement): Promise<Rows> {
    const { text, values } = statement;
    // Of several under way the first to fail changes it for those after.
    const isNamed = this.areKept;
    try {
      return (await client.query(isNamed ? statement : { text, values })).rows;
    } catch (error) {
      if (!isNamed || !isForgetful(error)) throw new QueryFailedError(text, [], asError(error));
      if (this.areKept) {
        this.logger.warn('connections to the database forget prepared statements: doing without');
      }
      this.areKept = false;
      return this.ask(client, statement);
    }
  }
}

const ignore = (): void => undefined;

const isForgetful = (error: unknown): boolean =>
  FORGETFUL.includes(String((error as { readonly code?: unknown } | null)?.code));

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));
