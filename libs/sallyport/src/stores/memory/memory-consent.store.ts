import { Injectable } from '@nestjs/common';
import { ConsentStore } from '../../consents/consent.store.js';
import type { Consent } from '../../consents/consent.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { UserId } from '../../users/user.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

@Injectable()
export class MemoryConsentStore extends ConsentStore {
  private readonly consents: MemoryTable<Consent>;

  constructor(database: MemoryDatabase) {
    super();
    this.consents = database.table();
  }

  async add(consent: Consent, transaction: Transaction): Promise<void> {
    const { issuer, subject, clientId, grantedAt } = consent;
    assertStorable(consent, [issuer, subject, clientId]);
    const present = this.consents.get(keyOf(consent, clientId), transaction);
    const scope = [...new Set([...(present?.scope ?? []), ...consent.scope])].sort();
    const isLater = present === undefined || present.grantedAt < grantedAt;
    const agreed = { ...consent, scope, grantedAt: isLater ? grantedAt : present.grantedAt };
    this.consents.set(keyOf(consent, clientId), agreed, transaction);
  }

  async find(user: UserId, clientId: string): Promise<Consent | null> {
    return this.consents.get(keyOf(user, clientId)) ?? null;
  }

  async list({ issuer, subject }: UserId): Promise<readonly Consent[]> {
    return this.consents
      .filter((consent) => consent.issuer === issuer && consent.subject === subject)
      .sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  }

  async remove(user: UserId, clientId: string, transaction: Transaction): Promise<boolean> {
    if (!this.consents.get(keyOf(user, clientId), transaction)) return false;
    this.consents.delete(keyOf(user, clientId), transaction);
    return true;
  }
}

const keyOf = ({ issuer, subject }: UserId, clientId: string): string =>
  JSON.stringify([issuer, subject, clientId]);
