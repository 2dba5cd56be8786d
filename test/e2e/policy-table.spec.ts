import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestMethod, type INestApplication } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';
import { RoutePolicies, type RoutePolicy } from '@sallyport/nest';
import {
  adapters,
  embeddedStores,
  startReferenceApi,
  type RunningApi,
} from '../support/reference-api.js';

/**
 * What each route demands, committed: a new or changed route fails here until somebody writes it down.
 * The file is what `currentTable` returns.
 */
const committed = JSON.parse(
  readFileSync(join(process.cwd(), 'test/e2e/policy-table.json'), 'utf8'),
) as Record<string, string>;

function demandsOf(policy: RoutePolicy): string {
  if (policy.isPublic) return 'public';
  return [
    policy.signature?.isRequired === true ? ['signature'] : [],
    policy.encryption === null ? [] : ['encrypted'],
    policy.apiKey === 'none' ? [] : ['API key'],
    policy.user === 'required' ? ['user'] : policy.user === 'refused' ? ['no user'] : [],
    policy.isSenderConstrained ? ['bound token'] : [],
    policy.scopes,
    policy.roles.map((role) => `role ${role}${policy.rolesOnlyWhenUser ? ' when user' : ''}`),
    policy.objectPolicy === null ? [] : [policy.objectPolicy.name],
  ]
    .flat()
    .join(', ');
}

function currentTable(app: INestApplication): Record<string, string> {
  const policies = new Map(
    app
      .get(RoutePolicies)
      .list()
      .map((policy) => [policy.route, policy]),
  );
  const rows: [string, string][] = [];
  for (const { metatype } of app.get(DiscoveryService).getControllers()) {
    if (typeof metatype !== 'function') continue;
    const prefix = String(Reflect.getMetadata(PATH_METADATA, metatype));
    for (const name of Object.getOwnPropertyNames(metatype.prototype)) {
      const handler = (metatype.prototype as Record<string, unknown>)[name];
      if (name === 'constructor' || typeof handler !== 'function') continue;
      if (!Reflect.hasMetadata(PATH_METADATA, handler)) continue;
      const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number] ?? '';
      const policy = policies.get(`${metatype.name}.${name}`);
      const demands = policy === undefined ? 'not compiled' : demandsOf(policy);
      for (const end of [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat()) {
        const path = `/${prefix}/${end}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
        rows.push([`${method} ${path}`, demands]);
      }
    }
  }
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface RouterLayer {
  readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
}

/** Nest registers middleware for all paths as routes that always go on. */
const MIDDLEWARE = '{/*splat}';

/** What Express really routes, whoever registered it. */
const routesOfExpress = (app: INestApplication): string[] =>
  (app.getHttpAdapter().getInstance() as { router: { stack: RouterLayer[] } }).router.stack.flatMap(
    ({ route }) =>
      route === undefined || route.path === MIDDLEWARE
        ? []
        : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`),
  );

describe.each(adapters)('The policy table of the reference API on %s', (adapter) => {
  let api: RunningApi;

  beforeAll(async () => {
    api = await startReferenceApi(adapter, embeddedStores);
  });
  afterAll(() => api.close());

  it('is the committed one: every route is public or demands something [N1]', () => {
    expect(currentTable(api.app)).toEqual(committed);
    expect(Object.values(committed)).not.toContain('');
  });

  it('answers every route that is not public with 401 to a stranger', async () => {
    for (const [route, demands] of Object.entries(committed)) {
      // Clients and tokens are asked for there too, but by the authorization server itself.
      if (route.includes(' /oauth/')) continue;
      const [method = '', path = ''] = route.split(' ');
      const url = `${api.url}${path.replaceAll(/:\w+/g, '00000000-0000-7000-8000-000000000000')}`;
      const { status } = await fetch(url, { method });
      expect(`${route}: ${status === 401 ? 'closed' : 'open'}`).toBe(
        `${route}: ${demands === 'public' ? 'open' : 'closed'}`,
      );
    }
  });

  if (adapter === 'express') {
    it('knows every route that is really there', () => {
      expect(routesOfExpress(api.app).sort()).toEqual(Object.keys(committed).sort());
    });
  }
});
