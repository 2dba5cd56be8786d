import type { IncomingMessage } from 'node:http';
import type { UserPrincipal } from '../principals/caller.js';
import type { SecuredRequest } from '../principals/secured-request.js';
import type { UsageCall } from '../usage/usage.js';
import type { MeteredRoute } from './metered-routes.js';
import type { RequestSource } from './request-source.js';

const NO_ROUTE: MeteredRoute = { route: '', cost: 1 };

/** A request that is not over, and when it is, what it counts as. Holds what others have made: one is made for each. */
export class OpenRequest implements UsageCall {
  clientId = '';
  apiKeyId = '';
  status = 0;
  refusal = '';
  latencyMs = 0;
  isOver = false;
  private user: UserPrincipal | null = null;
  /** As the adapter has it: it will know its caller. */
  private secured: SecuredRequest | null = null;
  private metered: MeteredRoute = NO_ROUTE;

  constructor(
    readonly method: string,
    private readonly source: RequestSource,
    readonly startedAt: number,
  ) {}

  get userIssuer(): string {
    return this.user === null ? '' : this.user.issuer;
  }

  get userSubject(): string {
    return this.user === null ? '' : this.user.subject;
  }

  get route(): string {
    return this.metered.route;
  }

  get cost(): number {
    return this.metered.cost;
  }

  get address(): string {
    return this.source.address;
  }

  get country(): string {
    return this.source.country;
  }

  get userAgent(): string {
    return this.source.userAgent;
  }

  enter(secured: SecuredRequest, metered: MeteredRoute): void {
    this.secured = secured;
    this.metered = metered;
  }

  /** Reads off who called. Without users, rows name none. */
  identify(withUser: boolean): void {
    const caller = this.secured?.caller;
    if (caller === undefined) return;
    this.clientId = caller.client.clientId;
    for (const { kind, id } of caller.credentials) if (kind === 'api-key') this.apiKeyId = id ?? '';
    if (withUser) this.user = caller.user;
  }
}

const OPEN = Symbol('sallyport:open');

interface Opened {
  [OPEN]?: OpenRequest;
}

export const openRequestOf = (raw: IncomingMessage): OpenRequest | undefined =>
  (raw as Opened)[OPEN];

export function setOpenRequest(raw: IncomingMessage, open: OpenRequest): void {
  (raw as Opened)[OPEN] = open;
}
