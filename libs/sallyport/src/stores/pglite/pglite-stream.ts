import { setImmediate } from 'node:timers/promises';
import { Duplex } from 'node:stream';
import type { PGlite } from '@electric-sql/pglite';

const HEADER_BYTES = 5;
const TERMINATE = 'X'.charCodeAt(0);
/** Sync and Query: what ends a batch, so that the answer to it is complete. */
const ENDS_OF_BATCH = ['S'.charCodeAt(0), 'Q'.charCodeAt(0)];

/** One message of the PostgreSQL protocol: type, length, body. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.write(type, 0);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const parameter = (name: string, value: string) => message('S', Buffer.from(`${name}\0${value}\0`));

/** What a server says before the first query: authenticated, its parameters, key data, ready. */
const GREETING = Buffer.concat([
  message('R', Buffer.alloc(4)),
  parameter('server_version', '17.0'),
  parameter('client_encoding', 'UTF8'),
  parameter('DateStyle', 'ISO, MDY'),
  parameter('standard_conforming_strings', 'on'),
  parameter('integer_datetimes', 'on'),
  parameter('TimeZone', 'UTC'),
  message('K', Buffer.alloc(8)),
  message('Z', Buffer.from('I')),
]);

/** PGlite has one session. Who comes next waits for the one before, and finds nothing of it. */
const sessions = new WeakMap<PGlite, Promise<void>>();

/** The "socket" through which stock `pg` speaks to a PGlite in this process. One at a time: a pool with `max: 1`. */
export class PGliteStream extends Duplex {
  private readonly left: PromiseWithResolvers<void> = Promise.withResolvers();
  private received: Buffer = Buffer.alloc(0);
  private database: PGlite | undefined;

  constructor(private readonly opening: Promise<PGlite>) {
    super();
    opening.catch(() => undefined); // reported to whoever writes
  }

  /** What `pg` calls on a socket. */
  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.received = Buffer.concat([this.received, chunk]);
    this.answer().then(
      () => {
        done();
      },
      (error: unknown) => {
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.left.resolve();
    done(error);
  }

  private async answer(): Promise<void> {
    if (this.database === undefined) {
      const length = this.received.length < 4 ? Infinity : this.received.readInt32BE(0);
      if (this.received.length < length) return;
      this.received = this.received.subarray(length);
      this.database = await this.enter();
      this.push(GREETING);
    }
    const { end, isLast } = this.batch();
    const batch = this.received.subarray(0, end);
    this.received = this.received.subarray(end);
    if (end > 0) await this.execute(this.database, batch);
    if (isLast) {
      this.push(null);
      this.left.resolve();
    }
  }

  private async enter(): Promise<PGlite> {
    const database = await this.opening;
    const before = sessions.get(database);
    sessions.set(database, this.left.promise);
    await before;
    for (const statement of ['ROLLBACK', 'DISCARD ALL']) {
      await database.execProtocolRaw(message('Q', Buffer.from(`${statement}\0`)));
    }
    return database;
  }

  /** How far the received bytes go in whole batches, and whether the client then leaves. */
  private batch(): { end: number; isLast: boolean } {
    let offset = 0;
    let end = 0;
    while (this.received.length - offset >= HEADER_BYTES) {
      const type = this.received.readUInt8(offset);
      if (type === TERMINATE) return { end, isLast: true };
      const next = offset + 1 + this.received.readInt32BE(offset + 1);
      if (next > this.received.length) break;
      offset = next;
      if (ENDS_OF_BATCH.includes(type)) end = offset;
    }
    return { end, isLast: false };
  }

  private async execute(database: PGlite, batch: Buffer): Promise<void> {
    // It answers without the event loop: a chain of statements would keep every socket waiting until its end.
    await setImmediate();
    const answer = await database.execProtocolRaw(new Uint8Array(batch));
    if (!this.destroyed && answer.length > 0) this.push(Buffer.from(answer));
  }
}
