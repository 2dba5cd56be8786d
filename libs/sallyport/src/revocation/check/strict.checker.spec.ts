import { jest } from '@jest/globals';
import { createRevocation, createSharedStores, ISSUER } from '../../../../../test/support/lives.js';
import { resolveRevocationOptions } from '../revocation.options.js';
import type { RevocationTarget } from '../revocation.js';
import type { RevocableToken } from './revocation-question.js';
import { StrictRevocationChecker } from './strict.checker.js';

const by = { actor: 'client:operator' };
const now = new Date('2030-01-01T00:00:00Z');
const alice = { issuer: ISSUER, subject: 'alice' };
const token: RevocableToken = {
  issuer: ISSUER,
  jti: 't1',
  sid: 's1',
  gid: 'g1',
  kid: 'k1',
  issuedAt: now,
  epochs: { user: 0, client: 0, roleVersion: 0 },
  clientId: 'mobile-app',
  user: alice,
};
const revoked = { code: 'ERR_CREDENTIAL_REVOKED' };

async function setUp() {
  const stores = createSharedStores(now);
  const there = createRevocation(stores);
  const here = createRevocation(stores);
  await here.publisher.tick();
  await there.publisher.tick();
  const strict = new StrictRevocationChecker(
    stores.list,
    stores.revocations,
    here.publisher,
    resolveRevocationOptions({}, []),
  );
  const ask = (asked = token) =>
    strict.assertNotRevoked([{ revocation: here.checker.checkOf({ token: asked }) }]);
  return { stores, here, there, ask };
}

describe('StrictRevocationChecker', () => {
  it('asks the list once, and nothing else, about what is good', async () => {
    const { stores, ask } = await setUp();
    const marks = jest.spyOn(stores.revocations, 'marks');
    await ask();
    expect(stores.list.checks).toBe(1);
    expect(marks).not.toHaveBeenCalled();
  });

  it.each([
    { kind: 'token', issuer: ISSUER, jti: 't1' },
    { kind: 'grant', issuer: ISSUER, gid: 'g1' },
    { kind: 'user', ...alice },
    { kind: 'user-client', ...alice, clientId: 'mobile-app' },
    { kind: 'issuer', issuer: ISSUER },
  ] satisfies RevocationTarget[])(
    'refuses what another instance revoked before this one has heard of it: $kind [N2]',
    async (target) => {
      const { here, there, ask } = await setUp();
      await there.service.revoke(target, by);
      expect(here.replica.size).toBe(0);
      await expect(ask()).rejects.toMatchObject(revoked);
    },
  );

  it('calls a token stale by the sum of both role versions, though the list forgot one', async () => {
    const { stores, there, here, ask } = await setUp();
    for (let n = 0; n < 3; n++) await there.service.raiseRoleVersion(alice, 'mobile-app', by);
    stores.clock.advance(2 * 86_400);
    await here.publisher.tick();
    const issuedAt = stores.clock.now();
    const epochs = await there.service.currentEpochs({ user: alice, clientId: 'mobile-app' });
    await ask({ ...token, issuedAt, epochs });
    await there.service.raiseRoleVersion(alice, null, by);
    await expect(ask({ ...token, issuedAt, epochs })).rejects.toMatchObject({
      code: 'ERR_CREDENTIAL_STALE',
    });
  });

  it.each(['lost', 'out of reach'])(
    'asks the store while the list is %s [C65]',
    async (trouble) => {
      const { stores, there, ask } = await setUp();
      await there.service.revoke({ kind: 'token', issuer: ISSUER, jti: 't1' }, by);
      if (trouble === 'lost') stores.list.lose();
      else stores.list.isOutOfReach = true;
      await expect(ask()).rejects.toMatchObject(revoked);
      await ask({ ...token, jti: 't2' });
    },
  );

  it('has a lost list filled, and then asks it again', async () => {
    const { stores, here, ask } = await setUp();
    stores.list.lose();
    await ask();
    await here.publisher.tick();
    const marks = jest.spyOn(stores.revocations, 'marks');
    await ask();
    expect(marks).not.toHaveBeenCalled();
  });

  it('answers 503 when neither the list nor the store can be asked', async () => {
    const { stores, ask } = await setUp();
    stores.list.isOutOfReach = true;
    jest.spyOn(stores.revocations, 'marks').mockRejectedValue(new Error('refused'));
    await expect(ask()).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      problem: { status: 503 },
    });
  });
});
