import { invalidInput, isClientId, isName, isScopeToken, quoted } from '../input.js';
import type { ClientFields } from './client-fields.js';
import { isKeysUri, isOrigin, isRedirectUri, isResourceIndicator } from './client-uris.js';
import type { Client, UserAgentRule } from './client.js';
import { isVersion } from './user-agent.js';

const GRANT_TYPES = new Set(['authorization_code', 'refresh_token', 'client_credentials']);
const FLAGS = [
  'isThirdParty',
  'refreshGrace',
  'requiresPushedRequests',
  'dpopBoundAccessTokens',
  'tlsClientCertificateBoundAccessTokens',
] as const;
const MAX_ENTRIES = 100;
const MAX_ACCESS_TOKEN_SECONDS = 86_400;

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
  for (const field of FLAGS) {
    if (typeof client[field] !== 'boolean') throw invalidInput(`${field} must be true or false`);
  }
  checkEach('scope', client.scope, isScopeToken, 'a scope value (RFC 6749 §3.3)');
  checkEach(
    'grantTypes',
    client.grantTypes,
    (type) => GRANT_TYPES.has(type),
    `one of ${[...GRANT_TYPES].join(', ')}`,
  );
  checkUris(client);
  if (client.plan !== null && !isPlan(client.plan)) {
    throw invalidInput('plan must be 1 to 64 letters, digits, dots, underscores or hyphens');
  }
  if (client.type === 'public') checkPublic(client);
  checkAuthentication(client);
  checkAccessTokenSeconds(client.accessTokenSeconds);
  checkKeysUri(client.jwksUri);
  checkUserAgent(client.userAgent);
}

function checkUris(client: ClientFields): void {
  for (const field of ['redirectUris', 'postLogoutRedirectUris'] as const) {
    checkEach(
      field,
      client[field],
      isRedirectUri,
      'an absolute URI in its normal spelling, without fragment: https, http on loopback, or a private-use scheme of an app',
    );
  }
  checkEach(
    'resources',
    client.resources,
    isResourceIndicator,
    'an absolute URI in its normal spelling, without fragment (RFC 8707 §2)',
  );
  checkEach(
    'origins',
    client.origins,
    isOrigin,
    'an origin: scheme, host and port, without path; https unless it is on loopback',
  );
}

/** Checked here by its spelling; where it leads is checked at every fetch. */
function checkKeysUri(jwksUri: string | null): void {
  if (jwksUri !== null && !isKeysUri(jwksUri)) {
    throw invalidInput('jwksUri must be an https URL in its normal spelling, without fragment');
  }
}

/** RFC 6749 §2.3: "The client MUST NOT use more than one authentication method". */
function checkAuthentication({
  type,
  jwks,
  jwksUri,
  tlsClientAuth,
  selfSignedCertificates,
}: ClientFields & Pick<Client, 'type'>): void {
  const methods = [jwks, tlsClientAuth, selfSignedCertificates].filter((given) => given !== null);
  if (methods.length > 1) {
    throw invalidInput('only one of jwks, tlsClientAuth and selfSignedCertificates may be set');
  }
  // RFC 6749 §2.1: whoever can keep a private key is confidential.
  if (type === 'public' && (methods.length > 0 || jwksUri !== null)) {
    throw invalidInput('a public client has no jwks and no certificates: it does not authenticate');
  }
}

function checkPublic({ grantTypes }: ClientFields): void {
  if (grantTypes.includes('client_credentials')) {
    // RFC 6749 §4.4: "MUST only be used by confidential clients".
    throw invalidInput('a public client cannot use client_credentials');
  }
}

function checkAccessTokenSeconds(seconds: number | null): void {
  if (seconds === null) return;
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > MAX_ACCESS_TOKEN_SECONDS) {
    throw invalidInput('accessTokenSeconds must be a whole number from 1 to 86400 (24 h)');
  }
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
