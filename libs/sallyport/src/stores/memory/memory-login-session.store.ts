import { Injectable } from '@nestjs/common';
import { LoginSessionStore } from '../../logins/login-session.store.js';
import type { LoginSession, LoginSessionWrite } from '../../logins/login-session.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { UserId } from '../../users/user.js';
import { assertStorable } from '../storable-text.js';
import { MemoryDatabase, type MemoryTable } from './memory-database.js';

// Records are copied on their way in and out: the engine changes the details that it has been given.
@Injectable()
export class MemoryLoginSessionStore extends LoginSessionStore {
  private readonly sessions: MemoryTable<LoginSession>;

  constructor(private readonly database: MemoryDatabase) {
    super();
    this.sessions = database.table();
  }

  async put(session: LoginSessionWrite, transaction: Transaction): Promise<boolean> {
    const { id, cookieHash, issuer, subject } = session;
    assertStorable(session, [id, cookieHash, issuer ?? '', subject ?? '']);
    const present = this.sessions.get(id, transaction);
    if (present && present.endedAt !== null) return false;
    const written: LoginSession = {
      ...structuredClone(session),
      userEpoch: session.userEpoch ?? present?.userEpoch ?? 0,
      createdAt: present?.createdAt ?? session.createdAt,
      endedAt: null,
    };
    this.sessions.set(id, written, transaction);
    return true;
  }

  async findByCookie(cookieHash: string): Promise<LoginSession | null> {
    const [session] = this.sessions.filter((found) => found.cookieHash === cookieHash);
    return structuredClone(session) ?? null;
  }

  async find(id: string, transaction?: Transaction): Promise<LoginSession | null> {
    return structuredClone(this.sessions.get(id, transaction)) ?? null;
  }

  async end(id: string, at: Date, transaction: Transaction): Promise<boolean> {
    const session = this.sessions.get(id, transaction);
    if (session?.endedAt !== null) return false;
    this.sessions.set(id, { ...session, endedAt: at }, transaction);
    return true;
  }

  async endOthers(
    { issuer, subject }: UserId,
    exceptId: string,
    at: Date,
    transaction: Transaction,
  ): Promise<number> {
    const others = this.sessions.filter(
      (session) =>
        session.issuer === issuer &&
        session.subject === subject &&
        session.id !== exceptId &&
        session.endedAt === null,
      transaction,
    );
    for (const session of others) {
      this.sessions.set(session.id, { ...session, endedAt: at }, transaction);
    }
    return others.length;
  }

  async prune(before: Date, limit: number): Promise<number> {
    return this.database.run(async (transaction) => {
      const old = this.sessions
        .filter(({ expiresAt }) => expiresAt < before, transaction)
        .slice(0, limit);
      for (const { id } of old) this.sessions.delete(id, transaction);
      return old.length;
    });
  }
}
