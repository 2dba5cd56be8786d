import {
  applyDecorators,
  SetMetadata,
  UseInterceptors,
  type CustomDecorator,
} from '@nestjs/common';
import { EncryptedBodyInterceptor } from '../credentials/encrypted-body/encrypted-body.interceptor.js';
import type { ObjectPolicyType } from './object-policy.js';
import { PolicyConsultedInterceptor } from './policy-consulted.interceptor.js';
import type { ClaimsDemand } from './route-policy.js';

/** Metadata keys, one per kind of demand: a method's replaces its class's of the same kind. */
export const DEMANDS = {
  scopes: 'sallyport:scopes',
  roles: 'sallyport:roles',
  apiKey: 'sallyport:api-key',
  signature: 'sallyport:signature',
  encryption: 'sallyport:encryption',
  user: 'sallyport:user',
  claims: 'sallyport:claims',
  senderConstrained: 'sallyport:sender-constrained',
  objectPolicy: 'sallyport:object-policy',
} as const;

export interface RolesCondition {
  /** Demand the role only when a user acts. */
  readonly whenUser: boolean;
}

export interface RolesDemand {
  readonly roles: readonly string[];
  readonly whenUser: boolean;
}

/** Demands every one of these scope values (RFC 6749 §3.3, exact match) in the caller's effective scope. */
export const Scopes = (...scopes: [string, ...string[]]): CustomDecorator =>
  SetMetadata(DEMANDS.scopes, scopes);

/**
 * Demands any one of these roles, held by the user in the client that calls; a higher role counts for a lower.
 * Implies a user; with `{ whenUser: true }` as last argument an app that acts for nobody passes.
 */
export function Roles(
  ...demanded: [string, ...string[]] | [string, ...string[], RolesCondition]
): CustomDecorator {
  const entries: readonly (string | RolesCondition)[] = demanded;
  const roles = entries.filter((entry) => typeof entry === 'string');
  const whenUser = entries.some((entry) => typeof entry === 'object' && entry.whenUser);
  return SetMetadata(DEMANDS.roles, { roles, whenUser } satisfies RolesDemand);
}

/**
 * Demands an API key of the app itself. A personal key is a user's credential and does not satisfy it,
 * unless `{ personal: true }` lets it.
 */
export const ApiKey = (options: { readonly personal?: boolean } = {}): CustomDecorator =>
  SetMetadata(DEMANDS.apiKey, options.personal === true ? 'own-or-personal' : 'own');

export interface SignedRequestOptions {
  /**
   * `aws4-hmac-sha256` takes Signature Version 4 of AWS instead, by the signing secret of an API key: for clients that
   * have an SDK for it and nothing else. No user can act beside it. @default 'rfc9421'
   */
  readonly scheme?: 'rfc9421' | 'aws4-hmac-sha256';
  /**
   * Covered too, by name or by whole identifier (RFC 9421 §2): `['idempotency-key', '"@query-param";name="id"']`.
   * @default [] method, authority, path and query; type and digest of a body; `authorization` if it is sent
   */
  readonly components?: readonly string[];
  /** How old the signature may be, 1 to 3600. @default 300 */
  readonly maxAgeSeconds?: number;
  /** What the signature must be for, so that one for another purpose is none (RFC 9421 §2.3). @default anything */
  readonly tag?: string;
}

/**
 * Demands a signed request (RFC 9421), each accepted once: by the signing secret of an API key (`hmac-sha256`), whose id
 * is the `keyid` and which then counts for `@ApiKey()` without being sent; or by a key that a client has registered
 * (`ed25519`, `ecdsa-p256-sha256`, `rsa-pss-sha512`), under `<client_id>/<kid>`.
 */
export const SignedRequest = (options: SignedRequestOptions = {}): CustomDecorator =>
  SetMetadata(DEMANDS.signature, options);

export interface EncryptedBodyOptions {
  /**
   * Whether what a request brings must be encrypted; `optional` takes plain bodies too. Needs `@SignedRequest()`: encrypted,
   * then signed, a body is of this sender, for this route, and works once. @default true
   */
  readonly request?: boolean | 'optional';
  /** Whether what is answered is encrypted. @default true */
  readonly response?: boolean;
}

/**
 * Encrypts whole bodies, in both directions, as compact JWE (RFC 7516) in `application/jose` with A256GCM: `dir` under keys
 * that are derived from the signing secret of the caller's API key, or ECDH-ES, to our published key and to the one
 * that the client has registered. The handler takes and answers what it always does; JSON in requests, anything in
 * responses. What guards refuse is not encrypted.
 */
export const EncryptedBody = (
  options: EncryptedBodyOptions = {},
): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata(DEMANDS.encryption, options),
    UseInterceptors(EncryptedBodyInterceptor),
  );

/** Demands that the client acts for a user. */
export const RequireUser = (): CustomDecorator => SetMetadata(DEMANDS.user, 'required');

/** Demands that no user is acted for: jobs, reports, app-to-app calls. */
export const ClientOnly = (): CustomDecorator => SetMetadata(DEMANDS.user, 'refused');

/** Demands claims of the access token: `{ department: ['finance', 'audit'] }`, or a test of all claims. */
export const Claims = (claims: ClaimsDemand): CustomDecorator =>
  SetMetadata(DEMANDS.claims, claims);

/**
 * Demands an access token that is bound to a key which the sender has proven to have: by DPoP (RFC 9449), or by the
 * client certificate of mutual TLS (RFC 8705). A stolen token is worth nothing there; an API key alone does not pass.
 */
export const SenderConstrained = (): CustomDecorator =>
  SetMetadata(DEMANDS.senderConstrained, true);

/** Demands that the handler asks this policy about the objects it touches, through `@CurrentPolicy()`. */
export const UsePolicy = (policy: ObjectPolicyType): MethodDecorator & ClassDecorator =>
  applyDecorators(
    SetMetadata(DEMANDS.objectPolicy, policy),
    UseInterceptors(PolicyConsultedInterceptor),
  );
