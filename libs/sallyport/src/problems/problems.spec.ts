import { errors, problems, SallyportError, type ErrorCode } from '../errors.js';
import type { AdapterRequest } from '../request/adapter-request.js';
import { challengeFor, tokenSchemeOf, type TokenScheme } from './challenge.js';
import { problemOf } from './problem-details.js';

const codes = Object.keys(errors) as ErrorCode[];
const offered = { realm: 'api', schemes: ['ApiKey'], dpopAlgorithms: ['ES256', 'EdDSA'] };
const challenge = (code: ErrorCode, scope?: readonly string[], sentAs: TokenScheme | null = null) =>
  challengeFor(new SallyportError(code, scope && { scope }), offered, sentAs);

describe('Problems and challenges', () => {
  it.each(codes.map((code) => [code]))('%s tells the caller nothing of its reason', (code) => {
    const error = new SallyportError(code, {
      reason: 'API key k_secret of alice was revoked',
      cause: new Error('k_secret'),
    });
    const body = problemOf(error);
    expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail']);
    expect(JSON.stringify([body, challengeFor(error, offered, null)])).not.toMatch(
      /k_secret|alice/,
    );
  });

  it('codes that share a problem have one face', () => {
    const faces = new Map<string, Set<string>>();
    for (const code of codes) {
      const face = JSON.stringify([problemOf(new SallyportError(code)), challenge(code)]);
      const slug = errors[code];
      faces.set(slug, (faces.get(slug) ?? new Set()).add(face));
    }
    expect([...faces.values()].map(({ size }) => size)).toEqual([...faces.keys()].map(() => 1));
  });

  it('challenges on every 401, and on nothing that another credential would not cure', () => {
    const challenged = codes.filter((code) => challenge(code) !== null);
    const statuses = new Set(challenged.map((code) => problems[errors[code]].status));
    expect(statuses).toEqual(new Set([400, 401, 403]));
    const refused = codes.filter((code) => problems[errors[code]].status === 401);
    expect(challenged).toEqual(expect.arrayContaining(refused));
    expect(challenge('ERR_ROLE_MISSING')).toBeNull();
    expect(challenge('ERR_RATE_LIMITED')).toBeNull();
    expect(challenge('ERR_INPUT_INVALID')).toBeNull();
  });

  it('offers every scheme on a 401, and only Bearer beyond it', () => {
    expect(challenge('ERR_CREDENTIAL_MISSING')).toBe(
      'Bearer realm="api", DPoP realm="api", algs="ES256 EdDSA", ApiKey realm="api"',
    );
    expect(challenge('ERR_TOKEN_BOUND')).toBe(
      'Bearer realm="api", error="invalid_token", DPoP realm="api", error="invalid_token", algs="ES256 EdDSA", ApiKey realm="api"',
    );
    expect(challenge('ERR_SCOPE_INSUFFICIENT', ['a:read', 'a:write'])).toBe(
      'Bearer realm="api", error="insufficient_scope", scope="a:read a:write"',
    );
  });

  it('tells the error under the scheme by which the token was sent (RFC 9449 §7.2)', () => {
    expect(challenge('ERR_TOKEN_INVALID', undefined, 'Bearer')).toBe(
      'Bearer realm="api", error="invalid_token", DPoP realm="api", algs="ES256 EdDSA", ApiKey realm="api"',
    );
    expect(challenge('ERR_TOKEN_INVALID', undefined, 'DPoP')).toBe(
      'Bearer realm="api", DPoP realm="api", error="invalid_token", algs="ES256 EdDSA", ApiKey realm="api"',
    );
    expect(challenge('ERR_SCOPE_INSUFFICIENT', ['a:read'], 'DPoP')).toBe(
      'DPoP realm="api", error="insufficient_scope", scope="a:read", algs="ES256 EdDSA"',
    );
    expect(challenge('ERR_CREDENTIAL_REPEATED', undefined, 'DPoP')).toBe(
      'DPoP realm="api", error="invalid_request", algs="ES256 EdDSA"',
    );
  });

  it.each<[string | undefined, TokenScheme | null]>([
    ['Bearer t.o.k', 'Bearer'],
    ['bearer', 'Bearer'],
    ['DPoP t.o.k', 'DPoP'],
    ['dpop  t.o.k', 'DPoP'],
    ['DPoPx t.o.k', null],
    ['ApiKey sp_1', null],
    ['', null],
    [undefined, null],
  ])('%j is of the scheme %j', (authorization, scheme) => {
    expect(tokenSchemeOf({ headers: { authorization } } as unknown as AdapterRequest)).toBe(scheme);
  });

  it('offers DPoP alone where nothing else would do (RFC 9449 §7.1)', () => {
    expect(challenge('ERR_DPOP_PROOF_INVALID')).toBe(
      'DPoP realm="api", error="invalid_dpop_proof", algs="ES256 EdDSA"',
    );
    expect(challenge('ERR_DPOP_NONCE_REQUIRED')).toBe(
      'DPoP realm="api", error="use_dpop_nonce", algs="ES256 EdDSA"',
    );
    expect(challenge('ERR_SENDER_CONSTRAINT_REQUIRED')).toBe(
      'DPoP realm="api", error="invalid_token", algs="ES256 EdDSA"',
    );
  });
});
