import { ClientSecretService, RoleGrantService, type NewClient } from '@sallyport/nest';
import { BY, register } from './cast.js';
import { Person } from './person.js';
import type { RunningApi } from './reference-api.js';

export const READ = 'invoices:read';

/** Registers an app of somebody else's making, for logins and tokens of its own; gives its secret, empty without one. */
export async function registerApp(
  { app }: RunningApi,
  clientId: string,
  fields: Partial<NewClient> = {},
): Promise<string> {
  await register(app, clientId, [READ, 'invoices:write'], {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    redirectUris: [callbackOf(clientId)],
    ...fields,
  });
  if ((fields.jwks ?? null) !== null) return '';
  return (await app.get(ClientSecretService).issue(clientId, BY)).plaintext;
}

export const callbackOf = (clientId: string): string => `https://${clientId}.test/callback`;

/** Lets a user of the demo read invoices in every app. */
export async function makeReader(api: RunningApi, username: string): Promise<void> {
  const user = { issuer: api.demo.issuer, subject: api.sub(username) };
  await api.app.get(RoleGrantService).grant({ user, clientId: null, role: 'viewer' }, BY);
}

/** A user of the demo, at a browser of their own. */
export function personOf({ demo }: RunningApi, username: string): Person {
  const user = demo.users.find((known) => known.username === username);
  if (user === undefined) throw new Error('not in the demo');
  return new Person({ username, password: user.password });
}

export function secretOf({ demo }: RunningApi, clientId: string): string {
  const client = demo.clients.find((known) => known.client_id === clientId);
  if (client?.client_secret === undefined) throw new Error('has no secret');
  return client.client_secret;
}
