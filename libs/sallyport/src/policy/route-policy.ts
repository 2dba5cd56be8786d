import type { Claims } from '../principals/caller.js';
import type { EncryptionDemand } from '../encryption/encryption-demand.js';
import type { SignatureDemand } from '../signatures/signature-demand.js';
import type { ObjectPolicyType } from './object-policy.js';

/** Values a claim may have, or a test of it. An absent claim never matches. */
export type ClaimDemand = string | number | boolean | readonly (string | number | boolean)[];
export type ClaimsDemand = Readonly<Record<string, ClaimDemand>> | ((claims: Claims) => boolean);

/** What one handler demands, compiled once at start from its decorators and its class's. */
export interface RoutePolicy {
  /** `InvoicesController.approve`, for the log. */
  readonly route: string;
  readonly isPublic: boolean;
  /** Whether handler or class says anything at all. */
  readonly isDeclared: boolean;
  /** All of them. */
  readonly scopes: readonly string[];
  /** Any of them; empty demands none. */
  readonly roles: readonly string[];
  /** `@Roles(…, { whenUser: true })`: demanded only of a user, an app alone passes. */
  readonly rolesOnlyWhenUser: boolean;
  readonly apiKey: 'none' | 'own' | 'own-or-personal';
  /** What its signature must cover where a request has one; whether it must have one is in it. */
  readonly signature: SignatureDemand | null;
  /** `@EncryptedBody()`. */
  readonly encryption: EncryptionDemand | null;
  readonly user: 'any' | 'required' | 'refused';
  readonly claims: ClaimsDemand | null;
  /** `@SenderConstrained()`. */
  readonly isSenderConstrained: boolean;
  readonly objectPolicy: ObjectPolicyType | null;
}
