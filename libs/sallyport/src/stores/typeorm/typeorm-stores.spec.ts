import { durableStoreSets } from '../../../../../test/support/postgres.js';
import { describeApiKeyStore } from '../../api-keys/api-key.store.contract.js';
import { describeChangeStore } from '../../audit/change.store.contract.js';
import { describeClientStore } from '../../clients/client.store.contract.js';
import { revocationKey, type RevocationTarget } from '../../revocation/revocation.js';
import { describeRevocationStore } from '../../revocation/revocation.store.contract.js';
import { describeRoleGrantStore } from '../../role-grants/role-grant.store.contract.js';
import { describeSigningKeyStore } from '../../signing-keys/signing-key.store.contract.js';
import { describeTransactions } from '../../transactions/transactions.contract.js';
import { describeUserStateStore } from '../../users/user-state.store.contract.js';

const sets = durableStoreSets.filter(({ name }) => name !== 'memory');

describe.each(sets)('TypeORM stores on $name', ({ open }) => {
  describe('Transactions', () => describeTransactions(open));
  describe('ApiKeyStore', () => describeApiKeyStore(open));
  describe('ChangeStore', () => describeChangeStore(open));
  describe('ClientStore', () => describeClientStore(open));
  describe('RevocationStore', () => describeRevocationStore(open));
  describe('RoleGrantStore', () => describeRoleGrantStore(open));
  describe('SigningKeyStore', () => describeSigningKeyStore(open));
  describe('UserStateStore', () => describeUserStateStore(open));
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
}
