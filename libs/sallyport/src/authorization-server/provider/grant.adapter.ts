import { errors, type AdapterPayload } from 'oidc-provider';
import type { Grant } from '../../user-tokens/grant.js';
import { engineContext, requestOf, userAgentOf } from './engine-request.js';
import type { FamilyStores } from './family-stores.js';
import { FamilyAdapter } from './family.adapter.js';
import { dateOf, withoutSecret } from './model-adapter.js';

/** The family itself. */
export class GrantAdapter extends FamilyAdapter {
  constructor(stores: FamilyStores) {
    super('Grant', stores);
  }

  override async upsert(id: string, payload: AdapterPayload): Promise<void> {
    const { issuer, clock, logins, revocations, transactions, grants } = this.stores;
    const ctx = engineContext();
    const { session } = ctx.oidc;
    const { accountId, clientId } = payload;
    if (accountId === undefined || clientId === undefined || session === undefined) {
      throw new TypeError('a grant is given by a user to a client in a session');
    }
    const { client: clientEpoch } = await revocations.currentEpochs({ clientId });
    const login = await logins.find(session.uid);
    const result = ctx.oidc.result?.login;
    // A login of this very request is not yet among the sessions.
    const userEpoch = result?.accountId === accountId ? result.userEpoch : login?.userEpoch;
    if (typeof userEpoch !== 'number') throw new TypeError('a session without epoch');
    const grant: Grant = {
      id,
      issuer,
      subject: accountId,
      clientId,
      loginId: session.uid,
      sid: session.sidFor(clientId) ?? '',
      details: withoutSecret(payload),
      userEpoch,
      clientEpoch,
      device: {
        name: null,
        address: requestOf(ctx).arrival.address,
        userAgent: userAgentOf(ctx),
      },
      createdAt: clock.now(),
      expiresAt: dateOf(payload.exp),
      ended: null,
    };
    await transactions.run((transaction) => grants.insert(grant, transaction));
    // Whoever signed out or withdrew consent just before looked for grants before this one was there.
    if (await this.isStillMeant(grant)) return;
    await this.stores.endGrants.end([id], { actor: 'authorization-server', reason: 'overtaken' });
    throw new errors.AccessDenied('the sign-in or the consent has just been taken back');
  }

  private async isStillMeant(grant: Grant): Promise<boolean> {
    const { logins, clients, consents } = this.stores;
    const { issuer, subject, clientId, loginId } = grant;
    const login = await logins.find(loginId);
    if (login !== null && login.endedAt !== null) return false;
    const client = await clients.find(clientId);
    if (client?.isThirdParty !== true) return client !== null;
    return (await consents.find({ issuer, subject }, clientId)) !== null;
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const grant = await this.grant(id);
    return grant === null ? undefined : { ...grant.details, jti: id };
  }

  override destroy(id: string): Promise<void> {
    return this.revokeByGrantId(id);
  }
}
