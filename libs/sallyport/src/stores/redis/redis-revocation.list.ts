import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { randomBase62, Randomness } from '../../randomness.js';
import { RevocationList, type ListedRevocation } from '../../revocation/revocation.list.js';
import type { RevocationFollowing, RevocationNotice } from '../../revocation/revocation-notice.js';
import type { RevocationKey, RevocationMark } from '../../revocation/revocation.js';
import { hashedForKey, RedisConnection } from './redis-connection.js';
import { textOfNotices } from './revocation-notice-text.js';
import { RevocationTail } from './revocation-tail.js';
import {
  beginScript,
  finishScript,
  holdScript,
  publishScript,
  releaseScript,
  verifyScript,
} from './revocation-list.scripts.js';

const PER_CALL = 500;
const BUILDING_MS = 30_000;
const CLUSTER_TRUST_MS = 500;

/** The marker last found true, and over which connection, when. */
interface Trust {
  readonly marker: string;
  readonly incarnation: number;
  readonly at: number;
}

/** The blacklist that all instances share, and the stream that tells them of it. All keys are in one Cluster slot. */
@Injectable()
export class RedisRevocationList extends RevocationList {
  private readonly marker: string;
  private readonly building: string;
  private readonly stream: string;
  private trust: Trust | null = null;

  constructor(
    private readonly connection: RedisConnection,
    private readonly randomness: Randomness,
    private readonly clock: Clock,
  ) {
    super();
    this.marker = `{${connection.prefix}:rev}:whole`;
    this.building = `{${connection.prefix}:rev}:building`;
    this.stream = `{${connection.prefix}:rev}:stream`;
  }

  async check(keys: readonly RevocationKey[]): Promise<readonly (RevocationMark | null)[] | null> {
    const { incarnation } = this.connection;
    try {
      const [marker, ...values] = await this.connection.run((client) =>
        client.mget(this.marker, ...keys.map((key) => this.keyOf(key))),
      );
      if (typeof marker !== 'string' || !(await this.vouches(marker, incarnation))) return null;
      const marks = values.map(parseMark);
      return marks.includes('unreadable') ? null : (marks as (RevocationMark | null)[]);
    } catch {
      return null;
    }
  }

  async publish(
    revocations: readonly ListedRevocation[],
    ttlSeconds: number,
    notices: readonly RevocationNotice[] = [],
  ): Promise<void> {
    const count = Math.max(revocations.length, notices.length);
    for (let from = 0; from < count; from += PER_CALL) {
      const some = revocations.slice(from, from + PER_CALL);
      const told = textOfNotices(notices.slice(from, from + PER_CALL));
      const keys = [this.marker, this.stream, ...some.map(({ key }) => this.keyOf(key))];
      const args = some.flatMap(({ epoch, revokedAt, ttlSeconds: own }) => [
        epoch,
        revokedAt?.getTime() ?? 0,
        (own ?? ttlSeconds) * 1000,
      ]);
      await this.connection.run((client) =>
        publishScript.run(client, keys, [ttlSeconds * 1000, told, ...args]),
      );
    }
  }

  follow(following: RevocationFollowing): () => void {
    const connection = this.connection.blockingFor(this.stream);
    const tail = new RevocationTail(connection, this.stream, following);
    return () => {
      tail.stop();
    };
  }

  async rebuild(
    pages: () => AsyncIterable<readonly ListedRevocation[]>,
    ttlSeconds: number,
  ): Promise<void> {
    const token = randomBase62(this.randomness, 22);
    const begun = await this.connection.run((client) =>
      beginScript.run(client, [this.marker, this.building], [token, BUILDING_MS]),
    );
    // Whole already, or another instance is at it.
    if (begun !== 'mine') return;
    try {
      for await (const page of pages()) {
        await this.publish(page, ttlSeconds);
        if (!(await this.stillHolds(token))) return;
      }
      await this.connection.run((client) =>
        finishScript.run(client, [this.marker, this.building], [token, ttlSeconds * 1000]),
      );
    } catch (error) {
      await this.connection
        .run((client) => releaseScript.run(client, [this.building], [token]))
        .catch(() => undefined);
      throw error;
    }
  }

  private async stillHolds(token: string): Promise<boolean> {
    const held = await this.connection.run((client) =>
      holdScript.run(client, [this.building], [token, BUILDING_MS]),
    );
    return held === 1;
  }

  /** Whether the marker was written by the process that answers on this very connection. */
  private async vouches(marker: string, incarnation: number): Promise<boolean> {
    const now = this.clock.now().getTime();
    if (this.isTrusted(marker, incarnation, now)) return true;
    const verified = await this.connection.run((client) =>
      verifyScript.run(client, [this.marker], []),
    );
    if (verified !== marker || this.connection.incarnation !== incarnation) return false;
    this.trust = { marker, incarnation, at: now };
    return true;
  }

  private isTrusted(marker: string, incarnation: number, now: number): boolean {
    const { trust, connection } = this;
    if (trust?.marker !== marker || trust.incarnation !== incarnation) return false;
    if (connection.incarnation !== incarnation) return false;
    // A Cluster client hides a failover of one node.
    return !connection.isCluster || Math.abs(now - trust.at) < CLUSTER_TRUST_MS;
  }

  private keyOf(key: RevocationKey): string {
    return `{${this.connection.prefix}:rev}:${hashedForKey(key)}`;
  }
}

function parseMark(value: string | null | undefined): RevocationMark | null | 'unreadable' {
  if (value === null || value === undefined) return null;
  const [, epoch, at] = /^(\d+):(\d+)$/.exec(value) ?? [];
  if (epoch === undefined || at === undefined) return 'unreadable';
  return { epoch: Number(epoch), revokedAt: at === '0' ? null : new Date(Number(at)) };
}
