import type { RoutePolicy } from '@sallyport/nest';
import { operationSecurity } from './operation-security.js';

describe('operationSecurity', () => {
  const policy: RoutePolicy = {
    route: 'Controller.handler',
    isPublic: false,
    isDeclared: true,
    scopes: ['invoices:read'],
    roles: [],
    rolesOnlyWhenUser: false,
    apiKey: 'none',
    isSenderConstrained: false,
    signature: null,
    encryption: null,
    user: 'any',
    claims: null,
    objectPolicy: null,
  };
  const apiKey = ['invoices:read'];
  const bearer = ['invoices:read'];
  const signed = {
    scheme: 'rfc9421' as const,
    components: [],
    maxAgeSeconds: 300,
    tag: null,
    isRequired: true,
  };

  it.each<[string, Partial<RoutePolicy>, object[]]>([
    ['nothing on a public route', { isPublic: true }, []],
    ['either credential for a scope', {}, [{ apiKey }, { bearer }]],
    ['the API key that is demanded', { apiKey: 'own' }, [{ apiKey }]],
    ['a token where a user must act', { user: 'required' }, [{ bearer }]],
    ["a token for a user's role", { roles: ['admin'] }, [{ bearer }]],
    [
      'either where a role counts only for users',
      { roles: ['editor'], rolesOnlyWhenUser: true },
      [{ apiKey }, { bearer }],
    ],
    ['a bound token', { isSenderConstrained: true }, [{ dpop: bearer }]],
    [
      'a bound token beside the key',
      { apiKey: 'own', isSenderConstrained: true },
      [{ apiKey, dpop: bearer }],
    ],
    [
      'the signature that is demanded, and no key beside it',
      { signature: signed, apiKey: 'own' },
      [{ signature: apiKey }],
    ],
    ['both gates at once', { apiKey: 'own', user: 'required' }, [{ apiKey, bearer }]],
  ])('names %s', (_case, demands, security) => {
    expect(operationSecurity({ ...policy, ...demands })).toEqual(security);
  });
});
