import type { ExecutionContext } from '@nestjs/common';
import type { EncryptionDemand } from '../encryption/encryption-demand.js';
import type { SignatureDemand } from '../signatures/signature-demand.js';
import type { RevocationMode } from '../revocation/revocation.decorator.js';

/** What the early stages of a request must know of the route that it goes to. */
export interface RouteRules {
  readonly isPublic: boolean;
  /** Whether refusals are only logged there (`enforce: 'report'`). */
  readonly isReportOnly: boolean;
  /** How the route learns what is revoked. */
  readonly revocation: RevocationMode;
  /** What a signature must cover there; null where none could help: the route asks for no key and no signature. */
  readonly signature: SignatureDemand | null;
  /** What of its bodies is encrypted; null where it says nothing. */
  readonly encryption: EncryptionDemand | null;
}

/** Port: the rules of the handler that is about to run. Implemented by the compiled policies. */
export abstract class RouteAccess {
  abstract of(context: ExecutionContext): RouteRules;
}
