import { Injectable } from '@nestjs/common';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { wholeSeconds } from '../../ephemeral/whole-seconds.js';
import { hashedForKey, RedisConnection } from './redis-connection.js';

/**
 * What all instances have seen. A claim whose answer was lost counts as made: tried again, it loses. A Redis that was
 * flushed, restarted without its data, or replaced by a replica that lagged behind has forgotten claims.
 */
@Injectable()
export class RedisReplayStore extends ReplayStore {
  constructor(private readonly connection: RedisConnection) {
    super();
  }

  async claim(kind: string, id: string, ttlSeconds: number): Promise<boolean> {
    const key = `${this.connection.prefix}:once:{${hashedForKey(JSON.stringify([kind, id]))}}`;
    const seconds = wholeSeconds(ttlSeconds);
    const reply = await this.connection.run((client) => client.set(key, '1', 'EX', seconds, 'NX'));
    return reply === 'OK';
  }
}
