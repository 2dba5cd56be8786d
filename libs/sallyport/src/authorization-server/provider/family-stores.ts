import type { SecurityEvents } from '../../audit/security-events.js';
import type { ClientDirectory } from '../../clients/client.directory.js';
import type { Clock } from '../../clock.js';
import type { ConsentService } from '../../consents/consent.service.js';
import type { LoginSessionStore } from '../../logins/login-session.store.js';
import type { Randomness } from '../../randomness.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { Transaction, Transactions } from '../../transactions/transaction.js';
import type { AuthorizationCodeStore } from '../../user-tokens/authorization-code.store.js';
import type { EndGrants } from '../../user-tokens/end-grants.js';
import type { GrantStore } from '../../user-tokens/grant.store.js';
import type { Grant } from '../../user-tokens/grant.js';
import type { LivingGrants } from '../../user-tokens/living-grants.js';
import type { OpaqueTokenStore } from '../../user-tokens/opaque-token.store.js';
import type { UserTokenStore } from '../../user-tokens/user-token.store.js';

/** What the adapters of a login's family share. */
export interface FamilyStores {
  readonly issuer: string;
  readonly graceSeconds: number;
  readonly grants: GrantStore;
  readonly livingGrants: LivingGrants;
  readonly endGrants: EndGrants;
  readonly codes: AuthorizationCodeStore;
  readonly userTokens: UserTokenStore;
  readonly opaqueTokens: OpaqueTokenStore;
  readonly logins: LoginSessionStore;
  readonly clients: ClientDirectory;
  readonly consents: ConsentService;
  readonly revocations: RevocationService;
  readonly transactions: Transactions;
  readonly events: SecurityEvents;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Null for one that anything has ended. */
export async function findLiving(
  { grants, livingGrants }: FamilyStores,
  id: string,
  transaction?: Transaction,
): Promise<Grant | null> {
  const grant = await grants.find(id, transaction);
  if (grant === null) return null;
  const [living = null] = await livingGrants.among([grant], transaction);
  return living;
}
