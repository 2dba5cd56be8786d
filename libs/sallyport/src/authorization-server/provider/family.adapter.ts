import type { AdapterPayload } from 'oidc-provider';
import type { Grant } from '../../user-tokens/grant.js';
import { currentRequest, engineContext, SpentMeanwhile } from './engine-request.js';
import { findLiving, type FamilyStores } from './family-stores.js';
import { ModelAdapter, secondsOf } from './model-adapter.js';

/** Whatever lives and dies with a grant. */
export abstract class FamilyAdapter extends ModelAdapter {
  constructor(
    model: string,
    protected readonly stores: FamilyStores,
  ) {
    super(model);
  }

  /** Read once per request, so that all of it decides about the same state. */
  protected async grant(id: string): Promise<Grant | null> {
    const { grants } = currentRequest();
    const known = grants.get(id);
    if (known !== undefined) return known;
    const grant = await findLiving(this.stores, id);
    grants.set(id, grant);
    return grant;
  }

  /**
   * The engine found a code or refresh token used twice, or its owner revoked one: all that the login gave dies, JWTs
   * in circulation too.
   */
  override async revokeByGrantId(grantId: string): Promise<void> {
    const ctx = engineContext();
    const { AccessToken: accessToken, Client: client } = ctx.oidc.entities;
    // The owner of an access token by reference revoked that alone (RFC 7009 §2.1).
    if (ctx.oidc.route === 'revocation' && accessToken !== undefined) return;
    const isReuse = ctx.oidc.route === 'token';
    const used = currentRequest().code === null ? 'refresh token' : 'authorization code';
    const by = {
      actor: `client:${client?.clientId ?? 'unknown'}`,
      reason: isReuse ? `${used} used again` : 'revoked by the client',
    };
    const ended = await this.stores.endGrants.end([grantId], by);
    if (!isReuse) return;
    const kind = used === 'refresh token' ? 'refresh-token.reused' : 'authorization-code.reused';
    for (const { issuer, subject, clientId } of ended) {
      this.stores.events.raise({ kind, issuer, subject, clientId, grantId });
    }
  }
}

/** Longer than any request that we answer takes: whoever holds one back meanwhile is no competitor. */
const MAX_RACE_MILLISECONDS = 10_000;

/** Whether it was spent while this request was on its way to spend it: then it is late, and nobody is cheating. */
export function isRace(consumedAt: Date): boolean {
  const { arrival, hasWaited } = currentRequest();
  const onItsWay = consumedAt.getTime() - arrival.at.getTime();
  // Of one millisecond the clock cannot tell which came first: it is a race if the one was seen to wait for the other.
  return isSpending() && onItsWay >= (hasWaited ? 0 : 1) && onItsWay <= MAX_RACE_MILLISECONDS;
}

/** Elsewhere (revocation, introspection) what is spent is spent. */
export const isSpending = (): boolean => engineContext().oidc.route === 'token';

/** Without its expiry, which the engine would look at first: whatever is used again tells of a thief, however late. */
export const usedUp = (
  { exp: _expiry, ...payload }: AdapterPayload,
  consumedAt: Date,
): AdapterPayload => ({ ...payload, consumed: secondsOf(consumedAt) });

/** The wrapped grant does the spending, together with what it gives. */
export function beginToSpend(): Promise<void> {
  const request = currentRequest();
  if (request.isLate) return Promise.reject(new SpentMeanwhile());
  request.isConsuming = true;
  return Promise.resolve();
}
