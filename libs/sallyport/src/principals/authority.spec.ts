import { effectiveScope } from './authority.js';
import type { AuthorityLegs, VerifiedCredential } from './caller.js';

const credential = (scope: readonly string[] | null): VerifiedCredential => ({
  kind: 'api-key',
  id: 'k',
  issuer: null,
  scope: scope && new Set(scope),
  actsForUser: false,
  isSigned: false,
});

const effective = (
  client: readonly string[],
  credentials: readonly (readonly string[] | null)[],
  roles: readonly string[] | null,
): string[] => {
  const legs: AuthorityLegs = {
    client: new Set(client),
    credentials: credentials.map(credential),
    roles: roles && new Set(roles),
  };
  return [...effectiveScope(legs)].sort();
};

describe('Effective scope', () => {
  it.each([
    [['a', 'b', 'c'], [['a', 'b']], null, ['a', 'b']],
    [['a'], [['a', 'b']], null, ['a']],
    [['a', 'b'], [['a'], ['b']], null, []],
    [
      ['a', 'b', 'c'],
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      null,
      ['b'],
    ],
    [['a', 'b'], [['a', 'b']], ['b', 'c'], ['b']],
    [['a', 'b'], [['a', 'b']], [], []],
    [['a', 'b'], [null], null, ['a', 'b']],
    [['a', 'b'], [null, ['b']], ['a', 'b'], ['b']],
    [[], [['a']], ['a'], []],
    [['a'], [[]], null, []],
    [['invoices:read'], [['invoices:*', 'invoices:', 'INVOICES:READ']], null, []],
  ])('client %j ∩ credentials %j ∩ roles %j = %j [C39]', (client, credentials, roles, scope) => {
    expect(effective(client, credentials, roles)).toEqual(scope);
  });

  it('is within every leg, and grows with none that is added [C27]', () => {
    const all = ['a', 'b', 'c'];
    const subsets = Array.from({ length: 8 }, (_, bits) => all.filter((_, at) => bits & (1 << at)));
    for (const client of subsets) {
      for (const first of subsets) {
        const one = effective(client, [first], null);
        expect(client).toEqual(expect.arrayContaining(one));
        expect(first).toEqual(expect.arrayContaining(one));
        for (const other of subsets) {
          expect(one).toEqual(expect.arrayContaining(effective(client, [first, other], null)));
          expect(one).toEqual(expect.arrayContaining(effective(client, [first], other)));
        }
      }
    }
  });

  it('leaves the legs as they were', () => {
    const legs = { client: new Set(['a', 'b']), credentials: [credential(['a'])], roles: null };
    effectiveScope(legs);
    expect(legs.client).toEqual(new Set(['a', 'b']));
  });
});
