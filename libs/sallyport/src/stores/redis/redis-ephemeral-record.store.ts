import { Injectable } from '@nestjs/common';
import { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import { assertEphemeralValue } from '../../ephemeral/ephemeral-value.js';
import { wholeSeconds } from '../../ephemeral/whole-seconds.js';
import { hashedForKey, RedisConnection } from './redis-connection.js';

/** One command per call, and no key without its time to live. */
@Injectable()
export class RedisEphemeralRecordStore extends EphemeralRecordStore {
  constructor(private readonly connection: RedisConnection) {
    super();
  }

  async put(kind: string, id: string, value: string, ttlSeconds: number): Promise<void> {
    assertEphemeralValue(value);
    const seconds = wholeSeconds(ttlSeconds);
    await this.connection.run((client) => client.set(this.keyOf(kind, id), value, 'EX', seconds));
  }

  async get(kind: string, id: string): Promise<string | null> {
    return this.connection.run((client) => client.get(this.keyOf(kind, id)));
  }

  async delete(kind: string, id: string): Promise<void> {
    await this.connection.run((client) => client.del(this.keyOf(kind, id)));
  }

  private keyOf(kind: string, id: string): string {
    return `${this.connection.prefix}:er:{${hashedForKey(JSON.stringify([kind, id]))}}`;
  }
}
