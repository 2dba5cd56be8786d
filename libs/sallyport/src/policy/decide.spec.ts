import type { Caller, VerifiedCredential } from '../principals/caller.js';
import { callerOf, type ActingAs } from '../testing/acting-as.js';
import { effectiveScope } from '../principals/authority.js';
import { demanding } from '../../../../test/support/route-policy.js';
import { USUAL_DEMAND } from '../signatures/signature-demand.js';
import { decide } from './decide.js';
import { explain } from './explain.js';
import type { RoutePolicy } from './route-policy.js';

const app: ActingAs = { client: 'shop', credentials: ['api-key'] };
const alice: ActingAs = { client: 'shop', user: 'alice', credentials: ['access-token'] };
const both: ActingAs = { client: 'shop', user: 'alice' };
const personalKey: Caller = {
  ...callerOf(both),
  credentials: [
    { kind: 'api-key', id: 'k', issuer: null, scope: null, actsForUser: true, isSigned: false },
  ],
};

const outcome = (caller: ActingAs | Caller, demands: Partial<RoutePolicy>): string => {
  const decision = decide('legs' in caller ? caller : callerOf(caller), demanding(demands));
  return decision.allowed ? 'allowed' : `${decision.refusal.code} (${decision.refusal.leg})`;
};

describe('decide', () => {
  it('lets any caller in where nothing is demanded', () => {
    expect(outcome(app, {})).toBe('allowed');
    expect(outcome(alice, {})).toBe('allowed');
  });

  it.each([
    [app, 'own', 'allowed'],
    [both, 'own', 'allowed'],
    [alice, 'own', 'ERR_CREDENTIAL_MISSING (credential)'],
    [personalKey, 'own', 'ERR_CREDENTIAL_MISSING (credential)'],
    [personalKey, 'own-or-personal', 'allowed'],
    [alice, 'own-or-personal', 'ERR_CREDENTIAL_MISSING (credential)'],
  ] as const)('@ApiKey() %#: %j with %s → %s', (caller, apiKey, expected) => {
    expect(outcome(caller, { apiKey })).toBe(expected);
  });

  it('@SignedRequest() demands a credential that signed, whatever else was sent', () => {
    const signature = { ...USUAL_DEMAND, isRequired: true };
    const signer: ActingAs = { client: 'shop', credentials: ['signature'] };
    expect(outcome(signer, { signature, apiKey: 'own' })).toBe('allowed');
    expect(outcome(app, { signature })).toBe('ERR_SIGNATURE_REQUIRED (credential)');
    expect(outcome(both, { signature })).toBe('ERR_SIGNATURE_REQUIRED (credential)');
    expect(outcome(app, { signature: USUAL_DEMAND, apiKey: 'own' })).toBe('allowed');
  });

  it('@RequireUser() and @ClientOnly() divide users from apps [C1]', () => {
    expect(outcome(app, { user: 'required' })).toBe('ERR_USER_REQUIRED (user)');
    expect(outcome(alice, { user: 'required' })).toBe('allowed');
    expect(outcome(personalKey, { user: 'required' })).toBe('allowed');
    expect(outcome(app, { user: 'refused' })).toBe('allowed');
    expect(outcome(both, { user: 'refused' })).toBe('ERR_CLIENT_ONLY (user)');
    expect(outcome(personalKey, { user: 'refused' })).toBe('ERR_CLIENT_ONLY (user)');
  });

  it('@Scopes() demands all of them, exactly', () => {
    const scopes = ['a:read', 'a:write'];
    expect(outcome({ ...app, scope: scopes }, { scopes })).toBe('allowed');
    expect(outcome({ ...app, scope: ['a:read'] }, { scopes })).toBe(
      'ERR_SCOPE_INSUFFICIENT (client)',
    );
    expect(outcome({ ...app, scope: ['a:*', 'A:READ', 'a:read '] }, { scopes: ['a:read'] })).toBe(
      'ERR_SCOPE_INSUFFICIENT (client)',
    );
  });

  it('@Roles() demands any of them, and with it a user', () => {
    const roles = ['editor', 'admin'];
    expect(outcome({ ...alice, roles: ['admin'] }, { roles })).toBe('allowed');
    expect(outcome({ ...alice, roles: ['viewer'] }, { roles })).toBe('ERR_ROLE_MISSING (roles)');
    expect(outcome(alice, { roles })).toBe('ERR_ROLE_MISSING (roles)');
    expect(outcome({ ...app, roles: ['admin'] }, { roles })).toBe('ERR_USER_REQUIRED (user)');
  });

  it('@Roles(…, { whenUser: true }) demands nothing of an app alone', () => {
    const demands = { roles: ['editor'], rolesOnlyWhenUser: true };
    expect(outcome(app, demands)).toBe('allowed');
    expect(outcome(alice, demands)).toBe('ERR_ROLE_MISSING (roles)');
    expect(outcome({ ...alice, roles: ['editor'] }, demands)).toBe('allowed');
  });

  describe('@Claims()', () => {
    const claims = { department: 'finance', groups: ['audit', 'board'], level: 3, staff: true };
    const denied = 'ERR_CLAIM_MISMATCH (claims)';

    it.each<[RoutePolicy['claims'], string]>([
      [{ department: 'finance' }, 'allowed'],
      [{ department: ['sales', 'finance'] }, 'allowed'],
      [{ groups: 'board' }, 'allowed'],
      [{ groups: ['x', 'audit'] }, 'allowed'],
      [{ level: 3, staff: true }, 'allowed'],
      [{ department: 'Finance' }, denied],
      [{ department: 'finance', level: 4 }, denied],
      [{ level: '3' }, denied],
      [{ staff: 'true' }, denied],
      [{ absent: 'x' }, denied],
      [{ toString: 'x' }, denied],
      [{ department: [] }, denied],
    ])('%j → %s [C107]', (demand, expected) => {
      expect(outcome({ ...alice, claims }, { claims: demand })).toBe(expected);
    });

    it('an absent claim is not the value undefined', () => {
      const demand = { absent: undefined } as never;
      expect(outcome({ ...alice, claims }, { claims: demand })).toBe(denied);
    });

    it('a test of claims says yes with true and with nothing else', () => {
      const test = (answer: unknown) => ({ claims: (() => answer) as never });
      expect(outcome(alice, test(true))).toBe('allowed');
      for (const answer of [false, undefined, 1, 'yes', Promise.resolve(false)]) {
        expect(outcome(alice, test(answer))).toBe(denied);
      }
    });

    it('a test that meets claims it did not expect says no', () => {
      const claimsTest = (given: Readonly<Record<string, unknown>>) =>
        (given.groups as string[]).includes('audit');
      expect(outcome({ ...alice, claims }, { claims: claimsTest })).toBe('allowed');
      expect(outcome(alice, { claims: claimsTest })).toBe(denied);
    });
  });

  it('asks in a fixed order: credential, user, scope, role, claims [C90]', () => {
    const roles = ['admin'];
    const demands = { apiKey: 'own', user: 'required', scopes: ['a'], roles } as const;
    const claims = { x: 1 };
    expect(outcome(alice, { ...demands, claims })).toMatch('CREDENTIAL_MISSING');
    expect(outcome(app, { ...demands, claims })).toMatch('USER_REQUIRED');
    expect(outcome(both, { ...demands, claims })).toMatch('SCOPE_INSUFFICIENT');
    expect(outcome({ ...both, scope: ['a'] }, { ...demands, claims })).toMatch('ROLE_MISSING');
    expect(outcome({ ...both, scope: ['a'], roles }, { ...demands, claims })).toMatch('CLAIM');
    expect(outcome({ ...both, scope: ['a'], roles }, demands)).toBe('allowed');
  });
});

describe('explain', () => {
  const withLegs = (
    client: string[],
    granted: (string[] | null)[],
    roles: string[] | null,
  ): Caller => {
    const credentials = granted.map((scope, index): VerifiedCredential => ({
      kind: index === 0 ? 'api-key' : 'access-token',
      id: `c${String(index)}`,
      issuer: null,
      scope: scope && new Set(scope),
      actsForUser: index > 0,
      isSigned: false,
    }));
    const legs = { client: new Set(client), credentials, roles: roles && new Set(roles) };
    return { ...callerOf(both), credentials, legs, scope: effectiveScope(legs) };
  };

  it.each([
    [withLegs([], [['a'], ['a']], ['a']), 'client', 'client shop may never a'],
    [withLegs(['a'], [[], ['a']], ['a']), 'credential', 'api-key c0 was not granted a'],
    [withLegs(['a'], [['a'], []], ['a']), 'credential', 'access-token c1 was not granted a'],
    [
      withLegs(['a'], [['a'], ['a']], []),
      'roles',
      'roles of the user in shop (none) do not give a',
    ],
    [withLegs(['a'], [null, ['a']], ['a']), null, null],
  ])('names the leg that denied %#: %s', (caller, deniedBy, reason) => {
    expect(explain(caller, demanding({ scopes: ['a'] }))).toMatchObject({
      allowed: deniedBy === null,
      deniedBy,
      reason,
    });
  });

  it('names the demand that denied', () => {
    expect(explain(callerOf(app), demanding({ user: 'required' })).deniedBy).toBe('user');
    expect(explain(callerOf(alice), demanding({ apiKey: 'own' })).deniedBy).toBe('credential');
    expect(explain(callerOf(alice), demanding({ claims: { a: 1 } }))).toMatchObject({
      deniedBy: 'claims',
      reason: 'not met: a',
    });
  });

  it('shows for every scope which legs give it', () => {
    const caller = withLegs(['a', 'b'], [['a'], ['a', 'b']], ['b']);
    expect(explain(caller, demanding({ scopes: ['a', 'b', 'c'] })).scopes).toEqual([
      { scope: 'a', client: true, credentials: true, roles: false },
      { scope: 'b', client: true, credentials: false, roles: true },
      { scope: 'c', client: false, credentials: false, roles: false },
    ]);
    const noRoles = explain(withLegs(['a'], [null], null), demanding({ scopes: ['a'] }));
    expect(noRoles.scopes[0]?.roles).toBeNull();
  });
});
