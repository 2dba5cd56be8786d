import type { IncomingMessage } from 'node:http';
import { errors, Provider, type KoaContextWithOIDC } from 'oidc-provider';
import type { AuthorizationCode } from '../../user-tokens/authorization-code.js';
import type { Grant } from '../../user-tokens/grant.js';
import type { OpaqueToken } from '../../user-tokens/opaque-token.js';
import type { UserToken } from '../../user-tokens/user-token.js';

/** What we know of a request before the engine does. */
export interface Arrival {
  readonly at: Date;
  /** Canonical address of the sender. */
  readonly address: string;
}

/** Someone else has spent the code or token that this request presents, at the same time. */
export class SpentMeanwhile extends errors.InvalidGrant {
  constructor() {
    super('spent by another request at the same time');
  }
}

const arrivals = new WeakMap<IncomingMessage, Arrival>();

export function noteArrival(raw: IncomingMessage, arrival: Arrival): void {
  arrivals.set(raw, arrival);
}

/** What one request has read, and means to write when the engine is done with it. */
export class EngineRequest {
  /** Grants by id, as this request first saw them. */
  readonly grants = new Map<string, Grant | null>();
  /** The client's epoch that its secret carried. */
  clientEpoch: number | null = null;
  /** The code or refresh token that was presented. */
  code: AuthorizationCode | null = null;
  userToken: UserToken | null = null;
  /** It came while another request of this instance was spending the same. */
  hasWaited = false;
  /** It was spent by another request before this one came to spend it: no reuse, but too late. */
  isLate = false;
  /** Whether the engine has decided to spend what was presented. */
  isConsuming = false;
  readonly newUserTokens: UserToken[] = [];
  readonly newOpaqueTokens: OpaqueToken[] = [];

  constructor(readonly arrival: Arrival) {}
}

const requests = new WeakMap<object, EngineRequest>();

/** The state of the request that the engine is working on. */
export function currentRequest(): EngineRequest {
  return requestOf(engineContext());
}

export function requestOf(ctx: KoaContextWithOIDC): EngineRequest {
  const known = requests.get(ctx);
  if (known !== undefined) return known;
  const arrival = arrivals.get(ctx.req);
  if (arrival === undefined) throw new TypeError('the request did not come through the mount');
  const request = new EngineRequest(arrival);
  requests.set(ctx, request);
  return request;
}

export function engineContext(): KoaContextWithOIDC {
  const ctx = Provider.ctx;
  if (ctx === undefined) throw new TypeError('the engine is not working on a request');
  return ctx;
}

const MAX_USER_AGENT_LENGTH = 200;

/** What the sender says it is, cut to what a list of sessions can show. */
export function userAgentOf(ctx: KoaContextWithOIDC): string | null {
  const text = ctx.get('user-agent').slice(0, MAX_USER_AGENT_LENGTH);
  return text === '' ? null : text;
}
