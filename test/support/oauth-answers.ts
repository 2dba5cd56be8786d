import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { Instance } from './instances.js';
import { post, type HttpAnswer, type TestClient } from './authorization-server.js';

/** Members that RFC 6749 §5.2 gives an error, and those of our problems where the pipeline answers (RFC 9457). */
const OF_AN_ERROR = [
  'error',
  'error_description',
  'type',
  'title',
  'status',
  'detail',
  'code',
  'policy',
];
const INSIDES = /\bat .*\.(ts|js):\d+|node_modules|oidc-provider|\bstack\b/;

/**
 * Status and error code of a refusal in the form of RFC 6749 §5.2. Fails on one that a cache may keep, that says more
 * than the error, or that repeats a secret.
 */
export function refusalOf(answer: HttpAnswer, secrets: readonly (string | null)[] = []): string {
  const { status, headers, text } = answer;
  expect(headers.get('cache-control')).toContain('no-store');
  expect(headers.get('content-type')).toContain('json');
  expect(OF_AN_ERROR).toEqual(expect.arrayContaining(Object.keys(answer.body as object)));
  expect(text).not.toMatch(INSIDES);
  for (const secret of secrets) {
    if (secret !== null && secret.length > 8) expect(text).not.toContain(secret);
  }
  return `${String(status)} ${String(answer.body?.error)}`;
}

export const claimsOf = (token: string): JWTPayload => decodeJwt(token);
export const headerOf = (token: string): object => decodeProtectedHeader(token);

/** RFC 6749 §4.4. */
export const clientCredentials = (
  server: Pick<Instance, 'url'>,
  client: Pick<TestClient, 'clientId' | 'secret'>,
  more: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<HttpAnswer> =>
  post(server, 'token', client, { grant_type: 'client_credentials', ...more });

/** Whether an access token is accepted by introspection, by the client that it was issued to. */
export const introspect = async (
  server: Pick<Instance, 'url'>,
  client: Pick<TestClient, 'clientId' | 'secret'>,
  token: string,
): Promise<HttpAnswer['body']> => (await post(server, 'introspect', client, { token })).body;

/** RFC 7009. */
export const revoke = (
  server: Pick<Instance, 'url'>,
  client: Pick<TestClient, 'clientId' | 'secret'>,
  token: string,
): Promise<HttpAnswer> => post(server, 'revoke', client, { token });
