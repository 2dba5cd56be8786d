import type { INestApplication } from '@nestjs/common';
import {
  ApiKeyService,
  ClientService,
  RoleGrantService,
  type IssuedApiKey,
  type NewApiKey,
  type NewClient,
} from '@sallyport/nest';
import { OWN_ISSUER } from './adapters.js';

export const BY = { actor: 'test' };

/** A registered client with this scope. */
export async function register(
  app: INestApplication,
  clientId: string,
  scope: readonly string[],
  fields: Partial<NewClient> = {},
): Promise<void> {
  const client: NewClient = { clientId, name: clientId, type: 'confidential', scope, ...fields };
  await app.get(ClientService).register(client, BY);
}

/** A key of a registered client; with all of the client's scope unless it says otherwise. */
export function issueKey(
  app: INestApplication,
  clientId: string,
  fields: Partial<NewApiKey> = {},
): Promise<IssuedApiKey> {
  const scope = fields.scope === undefined ? { preset: 'admin' as const } : {};
  return app.get(ApiKeyService).issue({ clientId, name: 'test', ...scope, ...fields }, BY);
}

/** A client and the text of its key. */
export async function clientWithKey(
  app: INestApplication,
  clientId: string,
  scope: readonly string[],
): Promise<string> {
  await register(app, clientId, scope);
  return (await issueKey(app, clientId)).plaintext;
}

/** A role of a user of our own issuer in one client, or in any (null). */
export async function grantRole(
  app: INestApplication,
  user: string,
  clientId: string | null,
  role: string,
): Promise<void> {
  const assignment = { user: { issuer: OWN_ISSUER, subject: user }, clientId, role };
  await app.get(RoleGrantService).grant(assignment, BY);
}
