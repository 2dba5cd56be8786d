import type { AdapterPayload } from 'oidc-provider';
import { addSeconds } from '../../clock.js';
import { uuidv7 } from '../../randomness.js';
import type { UserToken } from '../../user-tokens/user-token.js';
import { currentRequest, engineContext, userAgentOf } from './engine-request.js';
import type { FamilyStores } from './family-stores.js';
import { beginToSpend, FamilyAdapter, isRace, isSpending, usedUp } from './family.adapter.js';
import { dateOf, hashOf, withoutSecret } from './model-adapter.js';

/** Refresh tokens: found by their hash, spent and written by the wrapped grant. */
export class RefreshTokenAdapter extends FamilyAdapter {
  constructor(stores: FamilyStores) {
    super('RefreshToken', stores);
  }

  /** Written by the wrapped grant, when the engine is done. */
  override upsert(value: string, payload: AdapterPayload): Promise<void> {
    const request = currentRequest();
    const { grantId = '', exp, sid = '' } = payload;
    const grant = request.grants.get(grantId);
    if (!grant) throw new TypeError('a refresh token without grant');
    const now = this.stores.clock.now();
    const ctx = engineContext();
    // A confidential client asks from its server: what the user knows again is the browser of the login.
    const { address, userAgent } =
      ctx.oidc.client?.clientAuthMethod === 'none'
        ? { address: request.arrival.address, userAgent: userAgentOf(ctx) }
        : grant.device;
    request.newUserTokens.push({
      id: uuidv7(this.stores.randomness, now),
      secretHash: hashOf(value),
      grantId,
      issuer: grant.issuer,
      subject: grant.subject,
      clientId: grant.clientId,
      sid,
      device: { name: request.userToken?.device.name ?? null, address, userAgent },
      details: withoutSecret(payload),
      startedAt: grant.createdAt,
      createdAt: now,
      lastUsedAt: now,
      idleEndsAt: dateOf(exp),
      endsAt: grant.expiresAt,
      consumedAt: null,
      successorId: null,
      sealedAnswer: null,
      revokedAt: null,
      revokedBy: null,
      revokeReason: null,
    });
    return Promise.resolve();
  }

  override async find(value: string): Promise<AdapterPayload | undefined> {
    const token = await this.stores.userTokens.findByHash(hashOf(value));
    if (token?.revokedAt !== null) return undefined;
    if ((await this.grant(token.grantId)) === null) return undefined;
    const request = currentRequest();
    request.userToken = token;
    const payload = { ...token.details, jti: value };
    if (token.consumedAt === null) return payload;
    if (isRace(token.consumedAt) || (await this.isGraced(token, token.consumedAt))) {
      request.isLate = true;
      return payload;
    }
    return usedUp(payload, token.consumedAt);
  }

  override consume(): Promise<void> {
    return beginToSpend();
  }

  /** Its family ends instead: `revokeByGrantId`. */
  override destroy(): Promise<void> {
    return Promise.resolve();
  }

  /** Only the token used last still has its answer, and only so long. */
  private async isGraced(token: UserToken, consumedAt: Date): Promise<boolean> {
    const { clients, clock, graceSeconds } = this.stores;
    if (!isSpending() || token.sealedAnswer === null) return false;
    if (clock.now() > addSeconds(consumedAt, graceSeconds)) return false;
    return (await clients.find(token.clientId))?.refreshGrace === true;
  }
}
