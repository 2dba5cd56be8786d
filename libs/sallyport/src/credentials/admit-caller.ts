import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ClientDirectory } from '../clients/client.directory.js';
import type { Client } from '../clients/client.js';
import { isAcceptedUserAgent } from '../clients/user-agent.js';
import { Clock } from '../clock.js';
import { SallyportError, type ErrorCode } from '../errors.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import type { Caller } from '../principals/caller.js';
import { RevocationChecker } from '../revocation/check/revocation.checker.js';
import type { RevocationMode } from '../revocation/revocation.decorator.js';
import { UsageMeter } from '../usage/counting/usage-meter.js';
import { UserStatusService } from '../users/user-status.service.js';
import type { UserId } from '../users/user.js';
import { agreedClientId, agreedUser } from './agreement.js';
import { CallerFactory } from './caller.factory.js';
import { assertConstrained } from './sender-constraint.js';
import type { Verified } from './verified.js';

/** For so long what was worked out is not looked at again, unless something is told meanwhile. */
const ADMISSION_MILLISECONDS = 1000;

export interface AdmitAs {
  readonly revocation: RevocationMode;
  /** In milliseconds since 1970. @default what the clock says */
  readonly now?: number;
}

/** From what was verified to the caller: one client, one user, both in good standing, and nothing of it revoked. */
@Injectable()
export class AdmitCaller {
  /** Times are counted from here: small whole numbers take no memory of their own. */
  private readonly begun: number;

  constructor(
    private readonly clients: ClientDirectory,
    private readonly users: UserStatusService,
    private readonly revocations: RevocationChecker,
    private readonly callers: CallerFactory,
    private readonly usage: UsageMeter,
    private readonly clock: Clock,
  ) {
    this.begun = clock.milliseconds();
  }

  /** Throws, or rejects with, a refusal. At once when nothing has to be asked of a store. */
  admit(
    verified: readonly Verified[],
    raw: IncomingMessage,
    { revocation, now = this.clock.milliseconds() }: AdmitAs,
  ): MaybePromise<Caller> {
    const [only] = verified;
    if (verified.length === 1 && only !== undefined && this.holds(only, now, revocation)) {
      const { client, caller, apiKeyId } = only;
      if (client !== null && caller !== null) {
        assertMayCall(client, raw);
        this.usage.use(client.clientId, apiKeyId, now);
        return caller;
      }
    }
    return this.examine(verified, raw, { revocation, now });
  }

  /** Whether a credential that was let in by itself would be let in again, as the same caller. */
  private holds({ changes, until }: Verified, now: number, revocation: RevocationMode): boolean {
    this.revocations.assertTold(now, revocation);
    const left = until - (now - this.begun);
    // The last test is for a system clock that was set back.
    return changes === this.revocations.changes && left > 0 && left <= ADMISSION_MILLISECONDS;
  }

  private examine(
    verified: readonly Verified[],
    raw: IncomingMessage,
    { revocation, now }: Required<AdmitAs>,
  ): MaybePromise<Caller> {
    const { changes } = this.revocations;
    const clientId = agreedClientId(verified);
    const user = agreedUser(verified);
    // First, since it may throw at once: no question asked before it would be left without anyone who waits for it.
    const unrevoked = this.revocations.assertNotRevoked(verified, revocation);
    const client = this.clients.find(clientId);
    const isSuspended = user === null ? false : this.users.isSuspended(user);
    const identities = { clientId, user, verified, now };
    if (isPromise(unrevoked) || isPromise(client) || isPromise(isSuspended)) {
      return Promise.all([client, isSuspended, unrevoked]).then(([found, suspended]) =>
        this.enter(identities, { client: found, isSuspended: suspended }, raw),
      );
    }
    const caller = this.enter(identities, { client, isSuspended }, raw);
    const [only, another] = verified;
    if (only !== undefined && another === undefined && !isPromise(caller)) {
      // All of it was known here, as of the changes that were told before.
      only.caller = caller;
      only.client = client;
      only.changes = changes;
      only.until = this.clock.milliseconds() - this.begun + ADMISSION_MILLISECONDS;
    }
    return caller;
  }

  private enter(
    { clientId, user, verified, now }: Identities,
    { client, isSuspended }: Standing,
    raw: IncomingMessage,
  ): MaybePromise<Caller> {
    if (client === null) {
      throw refusal('ERR_CREDENTIAL_UNKNOWN', `client ${clientId} is not registered`);
    }
    assertMayCall(client, raw);
    assertConstrained(client, verified);
    if (isSuspended) {
      throw refusal(
        'ERR_USER_SUSPENDED',
        `user ${user?.subject ?? ''} of ${user?.issuer ?? ''}`,
        clientId,
      );
    }
    this.usage.use(clientId, apiKeyIdOf(verified), now);
    return this.callers.make(client, user, verified);
  }
}

interface Identities {
  readonly clientId: string;
  readonly user: UserId | null;
  readonly verified: readonly Verified[];
  readonly now: number;
}

interface Standing {
  readonly client: Client | null;
  readonly isSuspended: boolean;
}

function apiKeyIdOf(verified: readonly Verified[]): string | null {
  for (const { apiKeyId } of verified) if (apiKeyId !== null) return apiKeyId;
  return null;
}

function assertMayCall({ clientId, disabledAt, userAgent }: Client, raw: IncomingMessage): void {
  if (disabledAt !== null) throw refusal('ERR_CLIENT_DISABLED', `client ${clientId}`, clientId);
  if (userAgent !== null && !isAcceptedUserAgent(userAgent, raw.headers['user-agent'])) {
    throw refusal('ERR_CLIENT_VERSION_REFUSED', `client ${clientId}: User-Agent is not let in`);
  }
}

const refusal = (code: ErrorCode, reason: string, clientId?: string) =>
  new SallyportError(code, clientId === undefined ? { reason } : { reason, clientId });
