import type { RevocationFollowing } from '../../revocation/revocation-notice.js';
import type { BlockingRedisConnection } from './connection/blocking-connection.js';
import { noticesIn } from './revocation-notice-text.js';

const WAIT_MILLISECONDS = 1000;
const COUNT = 100;
const FIRST_PAUSE_MILLISECONDS = 50;
const LONGEST_PAUSE_MILLISECONDS = 1000;
/** Before the first entry of any stream. */
const START = '0-0';

type Entry = readonly [id: string, fields: readonly string[]];
type Read = readonly (readonly [key: string, entries: readonly Entry[]])[] | null;

/**
 * Reads the stream as it grows. Every entry names the one before it, so that whatever was trimmed, flushed, or lost
 * with another server shows; so does a stream that has gone back.
 */
export class RevocationTail {
  private isStopped = false;
  private position: string | null = null;
  private incarnation = -1;
  private pause = FIRST_PAUSE_MILLISECONDS;
  private wake: () => void = () => undefined;

  constructor(
    private readonly connection: BlockingRedisConnection,
    private readonly stream: string,
    private readonly following: RevocationFollowing,
  ) {
    void this.run();
  }

  stop(): void {
    this.isStopped = true;
    this.connection.close();
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      try {
        await this.turn();
        this.pause = FIRST_PAUSE_MILLISECONDS;
      } catch {
        this.lose();
        await this.rest();
      }
    }
  }

  private async turn(): Promise<void> {
    this.position ??= await this.begin();
    const { position } = this;
    const read = (await this.connection.run(
      (client) =>
        client.xread('COUNT', COUNT, 'BLOCK', WAIT_MILLISECONDS, 'STREAMS', this.stream, position),
      WAIT_MILLISECONDS,
    )) as Read;
    // Another life of the connection may be with another server.
    if (this.incarnation !== this.connection.incarnation) this.position = null;
    else if (read === null) await this.lookBack(position);
    else for (const entry of read[0]?.[1] ?? []) this.hear(entry);
  }

  private async begin(): Promise<string> {
    const end = await this.end();
    this.incarnation = this.connection.incarnation;
    this.following.missed();
    return end;
  }

  /** Nothing came after our position: then the stream ends there, unless it is not the one it was. */
  private async lookBack(position: string): Promise<void> {
    const end = await this.end();
    if (isBefore(end, position)) {
      this.position = end;
      if (end !== START) this.following.missed();
    }
  }

  private hear([id, fields]: Entry): void {
    const [, before, , text = ''] = fields;
    const notices = noticesIn(text);
    const isNext = before === this.position && notices !== null;
    this.position = id;
    if (notices !== null) this.following.heard(notices);
    if (!isNext) this.following.missed();
  }

  private async end(): Promise<string> {
    const last = await this.connection.run(
      (client) => client.xrevrange(this.stream, '+', '-', 'COUNT', 1),
      0,
    );
    return last[0]?.[0] ?? START;
  }

  private lose(): void {
    if (this.position !== null) this.following.lost();
    this.position = null;
  }

  private async rest(): Promise<void> {
    if (this.isStopped) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, this.pause).unref();
    });
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MILLISECONDS);
  }
}

/** Ids are `milliseconds-number`. */
function isBefore(id: string, other: string): boolean {
  const [[time = 0, number = 0], [otherTime = 0, otherNumber = 0]] = [id, other].map((one) =>
    one.split('-').map(Number),
  ) as [number[], number[]];
  return time < otherTime || (time === otherTime && number < otherNumber);
}
