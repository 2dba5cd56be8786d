import { invalidInput, isClientId, isName, isScopeToken } from '../input.js';
import type { Client, UserAgentRule } from './client.js';
import { isVersion } from './user-agent.js';

export type ClientFields = Pick<
  Client,
  | 'name'
  | 'isThirdParty'
  | 'scope'
  | 'grantTypes'
  | 'redirectUris'
  | 'origins'
  | 'plan'
  | 'userAgent'
>;

const GRANT_TYPES = new Set(['authorization_code', 'refresh_token', 'client_credentials']);
const MAX_ENTRIES = 100;

/** Throws ERR_INPUT_INVALID with a sentence for the first field that is wrong. */
export function checkClient(client: ClientFields & Pick<Client, 'clientId' | 'type'>): void {
  if (!isClientId(client.clientId)) {
    throw invalidInput('clientId must be 1 to 64 letters, digits, dots, underscores or hyphens');
  }
  if (!isName(client.name)) {
    throw invalidInput('name must be 1 to 100 characters, without control characters');
  }
  checkEach('scope', client.scope, isScopeToken, 'a scope value (RFC 6749 §3.3)');
  checkEach('grantTypes', client.grantTypes, (type) => GRANT_TYPES.has(type), `one of ${[...GRANT_TYPES].join(', ')}`);
  checkEach('redirectUris', client.redirectUris, isRedirectUri, 'an absolute URI without fragment, https unless it is a loopback or a private-use scheme of an app');
  checkEach('origins', client.origins, isOrigin, 'an origin: scheme, host and port, without path');
  if (client.type === 'public' && client.grantTypes.includes('client_credentials')) {
    // RFC 6749 §4.4: "MUST only be used by confidential clients".
    throw invalidInput('a public client cannot use client_credentials');
  }
  checkUserAgent(client.userAgent);
}

function checkEach(
  field: string,
  values: readonly string[],
  isRight: (value: string) => boolean,
  what: string,
): void {
  const wrong = values.find((value) => !isRight(value));
  if (wrong !== undefined) throw invalidInput(`${field}: "${wrong}" is not ${what}`);
  if (new Set(values).size !== values.length) throw invalidInput(`${field} names something twice`);
  if (values.length > MAX_ENTRIES) {
    throw invalidInput(`${field} must have ${MAX_ENTRIES.toString()} entries at most`);
  }
}

function checkUserAgent(rule: UserAgentRule | null): void {
  if (rule === null) return;
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(rule.product)) {
    throw invalidInput('userAgent.product must be a product token (RFC 9110 §10.1.5)');
  }
  const versions = [rule.minimumVersion ?? '0', ...(rule.refusedVersions ?? [])];
  const wrong = versions.find((version) => !isVersion(version));
  if (wrong !== undefined) {
    throw invalidInput(`userAgent: "${wrong}" is not a version: 1 to 4 numbers with dots between`);
  }
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url?.origin === text && (url.protocol === 'https:' || isLoopbackHttp(url));
}

/** RFC 6749 §3.1.2, RFC 8252 §7: https, a private-use scheme with a dot in it, or http on a loopback address. */
function isRedirectUri(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text.includes('#') || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return url.hostname !== '' && !text.includes('*');
  return isLoopbackHttp(url) || /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol);
}

const isLoopbackHttp = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
