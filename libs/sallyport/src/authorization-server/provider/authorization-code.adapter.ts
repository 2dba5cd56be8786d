import type { AdapterPayload } from 'oidc-provider';
import { currentRequest } from './engine-request.js';
import type { FamilyStores } from './family-stores.js';
import { beginToSpend, FamilyAdapter, isRace, usedUp } from './family.adapter.js';
import { dateOf, hashOf, withoutSecret } from './model-adapter.js';

/** Codes: found by their hash, spent by the wrapped grant. */
export class AuthorizationCodeAdapter extends FamilyAdapter {
  constructor(stores: FamilyStores) {
    super('AuthorizationCode', stores);
  }

  override async upsert(value: string, payload: AdapterPayload): Promise<void> {
    const { codes, transactions, clock } = this.stores;
    const code = {
      codeHash: hashOf(value),
      grantId: payload.grantId ?? '',
      details: withoutSecret(payload),
      createdAt: clock.now(),
      expiresAt: dateOf(payload.exp),
      consumedAt: null,
    };
    await transactions.run((transaction) => codes.insert(code, transaction));
  }

  override async find(value: string): Promise<AdapterPayload | undefined> {
    const code = await this.stores.codes.find(hashOf(value));
    if (code === null || (await this.grant(code.grantId)) === null) return undefined;
    const request = currentRequest();
    request.code = code;
    const payload = { ...code.details, jti: value };
    if (code.consumedAt === null) return payload;
    if (isRace(code.consumedAt)) {
      request.isLate = true;
      return payload;
    }
    return usedUp(payload, code.consumedAt);
  }

  override consume(): Promise<void> {
    return beginToSpend();
  }
}
