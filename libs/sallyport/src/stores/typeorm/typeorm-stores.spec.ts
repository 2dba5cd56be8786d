import { durableStoreSets } from '../../../../../test/support/postgres.js';
import { describeApiKeyStore } from '../../api-keys/api-key.store.contract.js';
import { describeChangeStore } from '../../audit/change.store.contract.js';
import { describeClientStore } from '../../clients/client.store.contract.js';
import { revocationKey, type RevocationTarget } from '../../revocation/revocation.js';
import { describeConsentStore } from '../../consents/consent.store.contract.js';
import { describeLoginSessionStore } from '../../logins/login-session.store.contract.js';
import { describeRevocationStore } from '../../revocation/revocation.store.contract.js';
import { describeRoleGrantStore } from '../../role-grants/role-grant.store.contract.js';
import { describeEncryptionKeyStore } from '../../encryption-keys/encryption-key.store.contract.js';
import { describeSigningKeyStore } from '../../signing-keys/signing-key.store.contract.js';
import { describePlanStore } from '../../throttling/plans/plan.store.contract.js';
import { describeTransactions } from '../../transactions/transactions.contract.js';
import { describeUsageStore } from '../../usage/usage.store.contract.js';
import { describeAuthorizationCodeStore } from '../../user-tokens/authorization-code.store.contract.js';
import { describeGrantStore } from '../../user-tokens/grant.store.contract.js';
import { describeOpaqueTokenStore } from '../../user-tokens/opaque-token.store.contract.js';
import { overlapping } from '../../user-tokens/overlapping-transactions.contract.js';
import { describeUserTokenStore } from '../../user-tokens/user-token.store.contract.js';
import { describeUserStateStore } from '../../users/user-state.store.contract.js';

const sets = durableStoreSets.filter(({ name }) => name !== 'memory');

describe.each(sets)('TypeORM stores on $name', ({ open }) => {
  describe('Transactions', () => describeTransactions(open));
  describe('ApiKeyStore', () => describeApiKeyStore(open));
  describe('AuthorizationCodeStore', () => describeAuthorizationCodeStore(open));
  describe('ChangeStore', () => describeChangeStore(open));
  describe('ClientStore', () => describeClientStore(open));
  describe('ConsentStore', () => describeConsentStore(open));
  describe('GrantStore', () => describeGrantStore(open));
  describe('LoginSessionStore', () => describeLoginSessionStore(open));
  describe('OpaqueTokenStore', () => describeOpaqueTokenStore(open));
  describe('PlanStore', () => describePlanStore(open));
  describe('RevocationStore', () => describeRevocationStore(open));
  describe('RoleGrantStore', () => describeRoleGrantStore(open));
  describe('EncryptionKeyStore', () => describeEncryptionKeyStore(open));
  describe('SigningKeyStore', () => describeSigningKeyStore(open));
  describe('UsageStore', () => describeUsageStore(open));
  describe('UserStateStore', () => describeUserStateStore(open));
  describe('UserTokenStore', () => describeUserTokenStore(open));
});

const postgres = sets.find(({ name }) => name === 'postgres');
if (postgres !== undefined) {
  describe('RevocationStore on postgres beside a long transaction of the host', () => {
    const at = new Date('2030-01-01T00:00:00Z');
    const token = (jti: string): RevocationTarget => ({ kind: 'token', issuer: 'https://a', jti });
    const revocation = (jti: string) => ({
      ...{ key: revocationKey(token(jti)), kind: 'token' as const, actor: 'test', reason: null },
      ...{ revokedAt: at, changedAt: at },
    });

    it('neither publishing nor pruning waits for a row that it is about to raise', async () => {
      const { transactions, revocations, close } = await postgres.open();
      const raise = (jti: string) =>
        transactions.run((transaction) => revocations.raise(revocation(jti), transaction));
      await raise('held');
      await raise('free');
      await transactions.run(async (host) => {
        await revocations.raise(revocation('held'), host);
        await revocations.markPublished(await revocations.unpublished(10));
        expect((await revocations.unpublished(10)).map(({ key }) => key)).toEqual([
          revocationKey(token('held')),
        ]);
        const later = new Date(at.getTime() + 1);
        expect(await revocations.prune(['token'], later, 10)).toBe(1);
      });
      expect(await revocations.unpublished(10)).toMatchObject([{ epoch: 2 }]);
      await close();
    });
  });

  describe('RevocationStore on postgres beside a long transaction', () => {
    const raised = (jti: string) => {
      const target: RevocationTarget = { kind: 'token', issuer: 'https://a', jti };
      const at = new Date('2030-01-01T00:00:00Z');
      return {
        ...{ key: revocationKey(target), kind: target.kind, actor: 'test', reason: null },
        ...{ revokedAt: at, changedAt: at },
      };
    };

    it('tells what it raised when it commits at last, and nothing of the others twice [C65]', async () => {
      const { transactions, revocations, close } = await postgres.open();
      const raise = (jti: string) =>
        transactions.run((transaction) => revocations.raise(raised(jti), transaction));
      let cursor = await revocations.position();
      const next = async () => {
        const told = await revocations.changesSince(cursor, 100);
        cursor = told?.cursor ?? cursor;
        return told?.changes.map(({ key }) => (JSON.parse(key) as string[])[2]);
      };
      await transactions.run(async (long) => {
        await revocations.raise(raised('late'), long);
        await raise('early');
        expect(await next()).toEqual(['early']);
        await raise('second');
        expect(await next()).toEqual(['second']);
        expect(await next()).toEqual([]);
      });
      expect(await next()).toEqual(['late']);
      expect(await next()).toEqual([]);
      await close();
    });

    it('knows the cursor of another server for what it is', async () => {
      const { revocations, close } = await postgres.open();
      const cursor = JSON.parse(await revocations.position()) as object;
      const elsewhere = JSON.stringify({ ...cursor, server: '1234567890.123456' });
      expect(await revocations.changesSince(elsewhere, 10)).toBeNull();
      const future = JSON.stringify({ ...cursor, seen: '999999999:999999999:' });
      expect(await revocations.changesSince(future, 10)).toBeNull();
      await close();
    });
  });

  describe('UserTokenStore on postgres', () => {
    const alice = { issuer: 'https://a', subject: 'alice' };

    it.each([
      ['makes whoever holds the same user wait', alice, true],
      ['holds up nobody who holds another user', { ...alice, subject: 'bob' }, false],
      ['holds up nobody who holds a namesake', { ...alice, issuer: 'https://b' }, false],
    ])('%s', async (_, user, isHeldUp) => {
      const { transactions, userTokens, close } = await postgres.open();
      const { hasWaited } = await overlapping(
        transactions,
        (transaction) => userTokens.hold(alice, transaction),
        'commit',
        (transaction) => userTokens.hold(user, transaction),
      );
      expect(hasWaited).toBe(isHeldUp);
      await close();
    });
  });
}
