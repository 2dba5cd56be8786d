import { errors } from 'oidc-provider';
import { changeOf } from '../../audit/change-of.js';
import type { ChangeStore } from '../../audit/change.store.js';
import type { Transaction } from '../../transactions/transaction.js';
import type { Grant } from '../../user-tokens/grant.js';
import type { SessionService } from '../../user-tokens/session.service.js';
import { SpentMeanwhile, type EngineRequest } from './engine-request.js';
import { findLiving, type FamilyStores } from './family-stores.js';

/**
 * Spends what was presented and writes what it gave: all of it or nothing, in one short transaction once the engine
 * is done. None is held open while the engine works, so that no pool can run dry of connections, PGlite's one included.
 */
export class TokenCommit {
  constructor(
    private readonly stores: FamilyStores,
    private readonly changes: ChangeStore,
    private readonly sessions: SessionService,
    private readonly sessionsPerUser: number,
  ) {}

  async commit(request: EngineRequest, sealedAnswer: string | null): Promise<void> {
    const { transactions, endGrants, events } = this.stores;
    const { started, ended } = await transactions.run(async (transaction) => {
      const grantId = await this.spend(request, sealedAnswer, transaction);
      // Whoever ended the grant, or raised an epoch, before this moment is seen here; whoever does so later ends
      // what is written below by the same marks.
      const grant = await findLiving(this.stores, grantId, transaction);
      if (grant === null) throw new errors.InvalidGrant('grant was ended');
      return this.write(request, grant, transaction);
    });
    if (ended.length > 0) await endGrants.announce(ended);
    if (started === null) return;
    const { issuer, subject, clientId, id } = started;
    events.raise({ kind: 'session.started', issuer, subject, clientId, grantId: id });
  }

  /** Ends a code that was tried with a wrong verifier, so that the right one cannot be guessed. */
  async burn({ code }: EngineRequest): Promise<void> {
    if (code?.consumedAt !== null) return;
    const { codes, transactions, clock } = this.stores;
    await transactions.run((transaction) => codes.consume(code.codeHash, clock.now(), transaction));
  }

  /** First of all, so that whoever comes second waits here, and for nothing but this. */
  private async spend(
    { code, userToken, newUserTokens }: EngineRequest,
    sealedAnswer: string | null,
    transaction: Transaction,
  ): Promise<string> {
    const { codes, userTokens, clock } = this.stores;
    const at = clock.now();
    if (code !== null) {
      if (!(await codes.consume(code.codeHash, at, transaction))) throw new SpentMeanwhile();
      return code.grantId;
    }
    if (userToken === null) throw new TypeError('nothing was presented');
    const [successor] = newUserTokens;
    const consumption = { at, successorId: successor?.id ?? null, sealedAnswer };
    const spent = await userTokens.consume(userToken.id, consumption, transaction);
    if (spent === null) throw new SpentMeanwhile();
    // The name that the user gave the device meanwhile.
    if (successor !== undefined) {
      newUserTokens[0] = { ...successor, device: { ...successor.device, name: spent.device.name } };
    }
    return userToken.grantId;
  }

  private async write(
    { code, newUserTokens, newOpaqueTokens }: EngineRequest,
    grant: Grant,
    transaction: Transaction,
  ): Promise<{ started: Grant | null; ended: readonly Grant[] }> {
    const { userTokens, opaqueTokens, clock, randomness } = this.stores;
    for (const token of newUserTokens) await userTokens.insert(token, transaction);
    for (const token of newOpaqueTokens) await opaqueTokens.insert(token, transaction);
    if (code === null) return { started: null, ended: [] };
    const { issuer, subject, clientId, id } = grant;
    const what = { action: 'session.started', object: id, details: { issuer, subject, clientId } };
    const by = { actor: `user:${subject}@${clientId}` };
    await this.changes.append(changeOf(what, by, clock.now(), randomness), transaction);
    const user = { issuer, subject };
    const ended = await this.sessions.enforceLimit(user, this.sessionsPerUser, transaction);
    return { started: grant, ended };
  }
}
