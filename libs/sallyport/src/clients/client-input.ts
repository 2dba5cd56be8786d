import { invalidInput, isClientId, isName, isScopeToken, quoted } from '../input.js';
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
const MAX_URI_LENGTH = 2_048;

/** The fields that may be given, and no other that the object may carry. */
export function fieldsIn(given: Partial<ClientFields>): Partial<ClientFields> {
  const { name, isThirdParty, scope, grantTypes, redirectUris, origins, plan, userAgent } = given;
  return {
    ...(name !== undefined && { name }),
    ...(isThirdParty !== undefined && { isThirdParty }),
    ...(scope !== undefined && { scope: [...scope] }),
    ...(grantTypes !== undefined && { grantTypes: [...grantTypes] }),
    ...(redirectUris !== undefined && { redirectUris: [...redirectUris] }),
    ...(origins !== undefined && { origins: [...origins] }),
    ...(plan !== undefined && { plan }),
    ...(userAgent !== undefined && { userAgent: userAgent && { ...userAgent } }),
  };
}

/** Throws ERR_INPUT_INVALID with a sentence for the first field that is wrong. */
export function checkClient(client: ClientFields & Pick<Client, 'clientId' | 'type'>): void {
  if (!isClientId(client.clientId)) {
    throw invalidInput('clientId must be 1 to 64 letters, digits, dots, underscores or hyphens');
  }
  if (!isName(client.name)) {
    throw invalidInput('name must be 1 to 100 characters, without control characters');
  }
  // Callers in plain JavaScript have no compiler to stop them.
  if (!['public', 'confidential'].includes(client.type)) {
    throw invalidInput('type must be public or confidential');
  }
  checkEach('scope', client.scope, isScopeToken, 'a scope value (RFC 6749 §3.3)');
  checkEach(
    'grantTypes',
    client.grantTypes,
    (type) => GRANT_TYPES.has(type),
    `one of ${[...GRANT_TYPES].join(', ')}`,
  );
  checkEach(
    'redirectUris',
    client.redirectUris,
    isRedirectUri,
    'an absolute URI in its normal spelling, without fragment: https, http on loopback, or a private-use scheme of an app',
  );
  checkEach(
    'origins',
    client.origins,
    isOrigin,
    'an origin: scheme, host and port, without path; https unless it is on loopback',
  );
  if (client.plan !== null && !isPlan(client.plan)) {
    throw invalidInput('plan must be 1 to 64 letters, digits, dots, underscores or hyphens');
  }
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
  if (values.length > MAX_ENTRIES) {
    throw invalidInput(`${field} must have ${MAX_ENTRIES} entries at most`);
  }
  const wrong = values.find((value) => !isRight(value));
  if (wrong !== undefined) throw invalidInput(`${field}: ${quoted(wrong)} is not ${what}`);
  if (new Set(values).size !== values.length) throw invalidInput(`${field} names something twice`);
}

function checkUserAgent(rule: UserAgentRule | null): void {
  if (rule === null) return;
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(rule.product)) {
    throw invalidInput('userAgent.product must be a product token (RFC 9110 §10.1.5)');
  }
  const { minimumVersion = '0', refusedVersions = [] } = rule;
  const versions = [minimumVersion, ...refusedVersions];
  if (versions.length > MAX_ENTRIES) {
    throw invalidInput(`userAgent.refusedVersions must have fewer than ${MAX_ENTRIES} entries`);
  }
  const wrong = versions.find((version) => !isVersion(version));
  if (wrong !== undefined) {
    throw invalidInput(
      `userAgent: ${quoted(wrong)} is not a version: 1 to 4 numbers with dots between`,
    );
  }
}

/** Spelt like a client id. */
const isPlan = isClientId;

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.origin === text &&
    !text.includes('*') &&
    (url.protocol === 'https:' || isLoopbackHttp(url))
  );
}

/**
 * RFC 6749 §3.1.2, RFC 8252 §7: https, a private-use scheme with a dot in it, or http on a loopback address. Only in the
 * spelling that a URL parser leaves as it is, so that no two readers see different hosts in it.
 */
function isRedirectUri(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text.length > MAX_URI_LENGTH || /[#*]/.test(text)) return false;
  if (url.username !== '' || url.password !== '') return false;
  if (url.href !== text && url.href !== `${text}/`) return false;
  if (url.protocol === 'https:' || isLoopbackHttp(url)) return true;
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol);
}

const isLoopbackHttp = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
