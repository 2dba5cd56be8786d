import { Inject, Injectable } from '@nestjs/common';
import { SecurityEvents, type AnomalyEvent } from '../../audit/security-events.js';
import type { ErrorCode, SallyportError } from '../../errors.js';
import { addressBlock } from '../../network/address.js';
import type { Caller } from '../../principals/caller.js';
import { rawRequest, type AdapterRequest } from '../../request/adapter-request.js';
import { CredentialWatch } from '../../request/credential-watch.js';
import { RequestOrigin } from '../../request/request-origin.js';
import { BLOCK, type AddressedRequest } from '../addresses/addressed-request.js';
import { overLimit } from '../answer/over-limit.js';
import { FailedAuthentication } from '../addresses/failed-authentication.js';
import { RequestLimits } from '../request-limits.js';
import { THROTTLING_OPTIONS, type ResolvedThrottlingOptions } from '../throttling.options.js';
import type { AnomalyAction } from './anomaly.options.js';
import { Penalties } from './penalties.js';
import type { Sighted } from './sighted.js';
import { Sightings } from './sightings.js';
import { WindowCounts } from './window-counts.js';

const MINUTE_SECONDS = 60;

/**
 * What someone who guesses is refused with. Not what once was good: behind one address many may have tokens that expire
 * or were revoked, and their signatures are known already.
 */
const GUESSES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_CREDENTIAL_MALFORMED',
  'ERR_CREDENTIAL_UNKNOWN',
  'ERR_CREDENTIAL_MISMATCH',
  'ERR_CREDENTIAL_ADDRESS',
  'ERR_CREDENTIAL_SIGNED_ONLY',
  'ERR_TOKEN_INVALID',
  'ERR_TOKEN_BOUND',
  'ERR_DPOP_PROOF_INVALID',
  'ERR_SIGNATURE_MALFORMED',
  'ERR_SIGNATURE_INVALID',
]);

/**
 * Notices what is suspicious: bursts of refused credentials, one credential used from many addresses, a client that
 * suddenly sends far more than it used to. Raises an event, and by rule throttles or suspends. Sees the requests of
 * this instance alone; what it remembers is bounded.
 */
@Injectable()
export class Anomalies extends CredentialWatch {
  private readonly refused: WindowCounts;
  private readonly sightings = new Sightings();

  constructor(
    private readonly failures: FailedAuthentication,
    private readonly penalties: Penalties,
    private readonly events: SecurityEvents,
    private readonly origin: RequestOrigin,
    private readonly limits: RequestLimits,
    @Inject(THROTTLING_OPTIONS) private readonly options: ResolvedThrottlingOptions,
  ) {
    super();
    this.refused = new WindowCounts((options.anomalies.failures?.windowSeconds ?? 0) * 1000);
  }

  override assertMayTry(request: AdapterRequest): void {
    // The address limit has asked, and left its mark.
    if ((rawRequest(request) as AddressedRequest)[BLOCK] !== undefined) return;
    const block = this.blockOf(request);
    const state = this.failures.refusalOf(block, this.limits.now());
    const refusal = state === null ? null : overLimit([state], `address ${block}`);
    if (refusal !== null) throw refusal;
  }

  override failed(request: AdapterRequest, { code, problem, context }: SallyportError): void {
    if (problem.status >= 500) return;
    if (GUESSES.has(code)) this.guessed(this.blockOf(request));
    if (context.clientId !== undefined) this.refusedTo(context.clientId);
  }

  private guessed(block: string): void {
    this.failures.failed(block);
    const rule = this.options.anomalies.failures;
    if (rule === null) return;
    if (this.refused.add(`address ${block}`, this.limits.now()) !== rule.limit + 1) return;
    const { windowSeconds } = rule;
    this.events.raise({ kind: 'anomaly.failures', address: block, clientId: null, windowSeconds });
    if (rule.then !== 'report') this.penalties.refuseAddress(block, windowSeconds);
  }

  private refusedTo(clientId: string): void {
    const rule = this.options.anomalies.failures;
    if (rule === null) return;
    if (this.refused.add(`client ${clientId}`, this.limits.now()) !== rule.limit + 1) return;
    const { windowSeconds } = rule;
    this.tell({ kind: 'anomaly.failures', address: null, clientId, windowSeconds }, clientId, rule);
  }

  /** A caller was let in at `now`, in milliseconds. Called on every request: remembers the usual case in one comparison. */
  used(caller: Caller, request: AdapterRequest, now = this.limits.now()): void {
    const { addresses, rise } = this.options.anomalies;
    if (addresses === null && rise === null) return;
    const sighted = this.sightings.of(caller);
    if (addresses !== null) {
      const count = sighted.use(this.blockOf(request), now, addresses);
      if (count !== null) this.spreadOut(sighted, count);
    }
    if (rise === null) return;
    const risen = sighted.history.use(now, rise);
    if (risen === null) return;
    const { clientId } = sighted;
    const consequence = { then: rise.then, windowSeconds: MINUTE_SECONDS };
    this.tell({ kind: 'anomaly.rise', clientId, ...risen }, clientId, consequence);
  }

  private spreadOut({ clientId, credentialId }: Sighted, count: number): void {
    const rule = this.options.anomalies.addresses;
    if (rule === null) return;
    const { windowSeconds } = rule;
    const event = {
      kind: 'anomaly.addresses',
      clientId,
      credentialId,
      count,
      windowSeconds,
    } as const;
    this.tell(event, clientId, rule);
  }

  private tell(
    event: AnomalyEvent,
    clientId: string,
    { then, windowSeconds }: { readonly then: AnomalyAction; readonly windowSeconds: number },
  ): void {
    this.events.raise(event);
    if (then === 'throttle') this.penalties.throttleClient(clientId, windowSeconds);
    if (then === 'suspend') void this.penalties.suspendClient(clientId, event.kind);
  }

  private blockOf(request: AdapterRequest): string {
    const raw: AddressedRequest = rawRequest(request);
    return (
      raw[BLOCK] ?? addressBlock(this.origin.addressOf(request), this.options.ipv6PrefixLength)
    );
  }
}
