import {
  atOnce,
  createRoleGrants,
  createRevocation,
  createSharedStores,
  ISSUER,
} from '../../../../test/support/lives.js';

const roles = { viewer: ['invoices:read'], admin: ['viewer', 'invoices:approve'] };
const by = { actor: 'client:operator', reason: 'joined Finance' };
const alice = { issuer: ISSUER, subject: 'alice' };
const assignment = { user: alice, clientId: 'backoffice-web', role: 'admin' };

function setUp() {
  const stores = createSharedStores();
  const revocation = createRevocation(stores).service;
  const roleVersion = async (clientId: string): Promise<number> =>
    (await revocation.currentEpochs({ user: alice, clientId })).roleVersion;
  return { stores, roleVersion, service: createRoleGrants(stores, roles) };
}

describe('RoleGrantService', () => {
  it('gives the same user other roles in another client [C50]', async () => {
    const { service } = setUp();
    await service.grant(assignment, by);
    await service.grant({ user: alice, clientId: 'mobile-app', role: 'viewer' }, by);
    expect([...(await service.rolesOf(alice, 'backoffice-web'))].sort()).toEqual([
      'admin',
      'viewer',
    ]);
    expect([...(await service.rolesOf(alice, 'mobile-app'))]).toEqual(['viewer']);
    expect([...(await service.rolesOf(alice, 'nightly-job'))]).toEqual([]);
  });

  it('counts a role in any client in each of them', async () => {
    const { service } = setUp();
    await service.grant({ ...assignment, clientId: null, role: 'viewer' }, by);
    expect([...(await service.rolesOf(alice, 'mobile-app'))]).toEqual(['viewer']);
  });

  it('takes users of the same subject at two issuers for two users', async () => {
    const { service } = setUp();
    await service.grant(assignment, by);
    const other = { ...alice, issuer: 'https://other.example' };
    expect((await service.rolesOf(other, 'backoffice-web')).size).toBe(0);
  });

  it('makes older tokens of the user there stale with every change, and only there [C32]', async () => {
    const { service, roleVersion } = setUp();
    expect(await service.grant(assignment, by)).toBe(true);
    expect(await roleVersion('backoffice-web')).toBe(1);
    expect(await service.withdraw(assignment, by)).toBe(true);
    expect(await roleVersion('backoffice-web')).toBe(2);
    expect(await roleVersion('mobile-app')).toBe(0);
  });

  it('changes nothing when there is nothing to change', async () => {
    const { stores, service, roleVersion } = setUp();
    await service.grant(assignment, by);
    expect(await service.grant(assignment, by)).toBe(false);
    expect(await service.withdraw({ ...assignment, role: 'viewer' }, by)).toBe(false);
    expect(await roleVersion('backoffice-web')).toBe(1);
    expect(await stores.changes.listByObject('alice', 10)).toHaveLength(1);
  });

  it('lets one of 20 parallel grants over two instances win', async () => {
    const { stores, service, roleVersion } = setUp();
    const instances = [service, createRoleGrants(stores, roles)] as const;
    const results = await atOnce(20, instances, (instance) => instance.grant(assignment, by));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await roleVersion('backoffice-web')).toBe(1);
    expect(await service.listByUser(alice)).toHaveLength(1);
  });

  it('undoes grant and role version together with the transaction of the host', async () => {
    const { stores, service, roleVersion } = setUp();
    const failed = stores.database.run(async (transaction) => {
      await service.grant(assignment, by, transaction);
      throw new Error('the host changed its mind');
    });
    await expect(failed).rejects.toThrow('changed its mind');
    expect(await service.listByUser(alice)).toEqual([]);
    expect(await roleVersion('backoffice-web')).toBe(0);
  });

  it('shows a change at once here, and on another instance that is told', async () => {
    const { stores, service } = setUp();
    const there = createRevocation(stores);
    const other = createRoleGrants(stores, roles, there);
    await service.grant(assignment, by);
    await service.rolesOf(alice, 'backoffice-web');
    const before = await other.rolesOf(alice, 'backoffice-web');
    expect(other.rolesOf(alice, 'backoffice-web')).toBe(before);
    await service.withdraw(assignment, by);
    expect((await service.rolesOf(alice, 'backoffice-web')).size).toBe(0);
    await there.follower.turn();
    expect((await other.rolesOf(alice, 'backoffice-web')).size).toBe(0);
  });

  it('remembers who granted what, and why', async () => {
    const { stores, service } = setUp();
    await service.grant(assignment, by);
    expect(await stores.changes.listByObject('alice', 10)).toMatchObject([
      {
        action: 'role.granted',
        ...by,
        details: { issuer: ISSUER, clientId: 'backoffice-web', role: 'admin' },
      },
    ]);
  });

  it.each(['owner', '', '__proto__', 'x'.repeat(65)])('refuses to grant %j', async (role) => {
    const { service } = setUp();
    await expect(service.grant({ ...assignment, role }, by)).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
    });
    expect(await service.listByUser(alice)).toEqual([]);
  });

  it('withdraws a role that is no longer configured', async () => {
    const { stores, service } = setUp();
    await createRoleGrants(stores).grant({ ...assignment, role: 'legacy' }, by);
    expect(await service.withdraw({ ...assignment, role: 'legacy' }, by)).toBe(true);
  });
});
