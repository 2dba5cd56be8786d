import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import type { Transaction } from '../transactions/transaction.js';
import type { UserId } from '../users/user.js';
import { GrantStore } from './grant.store.js';
import type { Grant } from './grant.js';
import { LivingGrants } from './living-grants.js';
import { UserTokenStore } from './user-token.store.js';
import type { UserToken } from './user-token.js';

/** Finds the families of a user that can still be refreshed. */
@Injectable()
export class LivingSessions {
  constructor(
    private readonly tokens: UserTokenStore,
    private readonly grants: GrantStore,
    private readonly living: LivingGrants,
    private readonly clock: Clock,
  ) {}

  /** The heads of those among the user's `limit` families that were used last; last used first. */
  async of(user: UserId, limit: number, transaction?: Transaction): Promise<readonly UserToken[]> {
    const heads = await this.tokens.listHeads(user, this.clock.now(), limit, transaction);
    const grants: Grant[] = [];
    // One after the other: a transaction has one connection, and a list may not take all of the pool's.
    for (const { grantId } of heads) {
      const grant = await this.grants.find(grantId, transaction);
      if (grant !== null) grants.push(grant);
    }
    const living = await this.living.among(grants, transaction);
    const ids = new Set(living.map(({ id }) => id));
    return heads.filter(({ grantId }) => ids.has(grantId)).sort(lastUsedFirst);
  }
}

/** Of those used in the same instant, the one that was made last: UUIDv7 sort by their making. */
const lastUsedFirst = (a: UserToken, b: UserToken): number =>
  b.lastUsedAt.getTime() - a.lastUsedAt.getTime() || (a.id < b.id ? 1 : -1);
