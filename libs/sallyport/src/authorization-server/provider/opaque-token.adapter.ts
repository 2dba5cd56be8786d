import type { AdapterPayload } from 'oidc-provider';
import { uuidv7 } from '../../randomness.js';
import type { OpaqueToken } from '../../user-tokens/opaque-token.js';
import { currentRequest } from './engine-request.js';
import { FamilyAdapter } from './family.adapter.js';
import { dateOf, hashOf, withoutSecret } from './model-adapter.js';
import { scopeLeft } from './scope-left.js';

/** Access tokens by reference, of users and of clients alone. */
export class OpaqueTokenAdapter extends FamilyAdapter {
  override async upsert(value: string, payload: AdapterPayload): Promise<void> {
    const { clock, randomness, opaqueTokens, transactions } = this.stores;
    const request = currentRequest();
    const now = clock.now();
    const { grantId = null, clientId = '', extra = {} } = payload;
    const token = {
      id: uuidv7(randomness, now),
      secretHash: hashOf(value),
      grantId,
      clientId,
      clientEpoch: typeof extra.cep === 'number' ? extra.cep : 0,
      details: withoutSecret(payload),
      createdAt: now,
      expiresAt: dateOf(payload.exp),
      revokedAt: null,
    };
    if (grantId === null) {
      await transactions.run((transaction) => opaqueTokens.insert(token, transaction));
    } else {
      request.newOpaqueTokens.push(token);
    }
  }

  override async find(value: string): Promise<AdapterPayload | undefined> {
    const { opaqueTokens, revocations, clients, issuer } = this.stores;
    const token = await opaqueTokens.findByHash(hashOf(value));
    if (token?.revokedAt !== null) return undefined;
    if (token.details.kind !== this.model) return undefined;
    const grant = token.grantId === null ? null : await this.grant(token.grantId);
    if (token.grantId !== null && grant === null) return undefined;
    const user = grant === null ? null : { issuer, subject: grant.subject };
    const epochs = await revocations.currentEpochs({ user, clientId: token.clientId });
    if (token.clientEpoch < epochs.client || roleVersionOf(token) < epochs.roleVersion)
      return undefined;
    const client = await clients.find(token.clientId);
    if (client === null) return undefined;
    const { scope } = token.details;
    const left = typeof scope === 'string' ? scopeLeft(scope.split(' '), client).join(' ') : '';
    return { ...token.details, scope: left === '' ? undefined : left, jti: value };
  }

  override async destroy(value: string): Promise<void> {
    const { clock, opaqueTokens, transactions } = this.stores;
    await transactions.run((transaction) =>
      opaqueTokens.revoke(hashOf(value), clock.now(), transaction),
    );
  }
}

/** `rv`: as in a token by value, an older one is stale. */
function roleVersionOf({ details: { extra } }: OpaqueToken): number {
  const { rv } = (extra ?? {}) as { readonly rv?: unknown };
  return typeof rv === 'number' ? rv : 0;
}
