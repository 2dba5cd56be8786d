import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyUsage } from '../api-keys/api-key-usage.js';
import { ClientDirectory } from '../clients/client.directory.js';
import type { Client } from '../clients/client.js';
import { isAcceptedUserAgent } from '../clients/user-agent.js';
import { SallyportError, type ErrorCode } from '../errors.js';
import { effectiveScope } from '../principals/authority.js';
import type { AuthorityLegs, Caller, UserPrincipal } from '../principals/caller.js';
import { rawRequest, type AdapterRequest } from '../request/adapter-request.js';
import { refuseCredentialsInUrl } from '../request/credentials-in-url.js';
import { RequestOrigin } from '../request/request-origin.js';
import { RevocationChecker } from '../revocation/revocation.checker.js';
import { RoleGrantService } from '../role-grants/role-grant.service.js';
import { RoleHierarchy } from '../role-grants/role-hierarchy.js';
import { UserStatusService } from '../users/user-status.service.js';
import type { UserId } from '../users/user.js';
import {
  AUTHENTICATION_OPTIONS,
  type ResolvedAuthenticationOptions,
} from './authentication.options.js';
import { CredentialVerifier } from './credential.verifier.js';
import { extractCredentials } from './extract-credentials.js';
import type { Verified } from './verified.js';

/** Port: from a request to its caller. Tests put `actingAs(…)` in its place. */
export abstract class Authenticator {
  /** Throws ERR_CREDENTIAL_MISSING without credentials, and a refusal unless all that came are good and agree. */
  abstract authenticate(request: AdapterRequest): Promise<Caller>;
}

@Injectable()
export class RequestAuthenticator extends Authenticator {
  /** Requests that were judged, with the verdict: who asks twice, guard or Passport, neither verifies nor counts twice. */
  private readonly verdicts = new WeakMap<IncomingMessage, Promise<Caller>>();

  constructor(
    private readonly verifier: CredentialVerifier,
    private readonly clients: ClientDirectory,
    private readonly users: UserStatusService,
    private readonly roleGrants: RoleGrantService,
    private readonly hierarchy: RoleHierarchy,
    private readonly revocations: RevocationChecker,
    private readonly usage: ApiKeyUsage,
    private readonly origin: RequestOrigin,
    @Inject(AUTHENTICATION_OPTIONS) private readonly options: ResolvedAuthenticationOptions,
  ) {
    super();
  }

  authenticate(request: AdapterRequest): Promise<Caller> {
    const raw = rawRequest(request);
    const verdict = this.verdicts.get(raw) ?? this.judge(request);
    this.verdicts.set(raw, verdict);
    return verdict;
  }

  private async judge(request: AdapterRequest): Promise<Caller> {
    const verified = await this.verifyAll(request);
    const clientId = agreed(
      verified.map((one) => one.clientId),
      (id) => id,
    );
    const user = agreed(
      verified.map((one) => one.user).filter((one) => one !== null),
      ({ issuer, subject }) => JSON.stringify([issuer, subject]),
    );
    if (clientId === null) throw new SallyportError('ERR_CREDENTIAL_MISSING');

    const [client] = await Promise.all([
      this.client(clientId, request),
      this.refuseSuspended(user),
      this.revocations.assertNotRevoked({
        tokens: verified.flatMap(({ revocable }) => revocable.tokens ?? []),
        apiKeys: verified.flatMap(({ revocable }) => revocable.apiKeys ?? []),
        clientSecrets: verified.flatMap(({ revocable }) => revocable.clientSecrets ?? []),
      }),
    ]);
    const caller = await this.caller(client, user, verified);
    for (const { kind, id } of caller.credentials) {
      if (kind === 'api-key' && id !== null) this.usage.record(id);
    }
    return caller;
  }

  /** One by one: a request with one bad credential is refused, whatever the other is worth. */
  private async verifyAll(request: AdapterRequest): Promise<readonly Verified[]> {
    refuseCredentialsInUrl(rawRequest(request).url ?? '', this.options.apiKeyPattern);
    const verified: Verified[] = [];
    const address = this.origin.addressOf(request);
    for (const credential of extractCredentials(request, this.options)) {
      verified.push(await this.verifier.verify(credential, address));
    }
    return verified;
  }

  private async client(clientId: string, request: AdapterRequest): Promise<Client> {
    const client = await this.clients.find(clientId);
    if (client === null)
      throw refusal('ERR_CREDENTIAL_UNKNOWN', `client ${clientId} is not registered`);
    if (client.disabledAt !== null) throw refusal('ERR_CLIENT_DISABLED', `client ${clientId}`);
    const rule = client.userAgent;
    if (rule !== null && !isAcceptedUserAgent(rule, rawRequest(request).headers['user-agent'])) {
      throw refusal('ERR_CLIENT_VERSION_REFUSED', `client ${clientId}: User-Agent is not let in`);
    }
    return client;
  }

  private async refuseSuspended(user: UserId | null): Promise<void> {
    if (user !== null && (await this.users.isSuspended(user))) {
      throw refusal('ERR_USER_SUSPENDED', `user ${user.subject} of ${user.issuer}`);
    }
  }

  private async caller(
    client: Client,
    user: UserId | null,
    verified: readonly Verified[],
  ): Promise<Caller> {
    const roles = user === null ? NONE : await this.roles(client, user, verified);
    const credentials = verified.map(({ credential }) => credential);
    const legs: AuthorityLegs = {
      client: new Set(client.scope),
      credentials,
      roles: user === null || !this.hierarchy.isUsed ? null : this.hierarchy.scopeOf(roles),
    };
    const { clientId, name, type, isThirdParty, plan } = client;
    return Object.freeze<Caller>({
      client: { clientId, name, type, isThirdParty, plan },
      user: user === null ? null : principalOf(user, verified),
      scope: effectiveScope(legs),
      roles,
      claims: verified.find(({ credential }) => credential.kind === 'access-token')?.claims ?? {},
      confirmation:
        verified.find(({ confirmation }) => confirmation !== null)?.confirmation ?? null,
      credentials,
      legs,
    });
  }

  /** Roles that a user's token names are those of its issue; a change since makes it stale. Else our grants decide. */
  private async roles(
    client: Client,
    user: UserId,
    verified: readonly Verified[],
  ): Promise<ReadonlySet<string>> {
    const named = verified.find((one) => one.user !== null && one.roles !== null)?.roles;
    if (named !== undefined && named !== null) return this.hierarchy.expand(named);
    return this.roleGrants.rolesOf(user, client.clientId);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** The one value that all credentials name; null when none names any. Throws ERR_CREDENTIAL_MISMATCH when they differ. */
function agreed<T>(values: readonly T[], identity: (value: T) => string): T | null {
  const [first] = values;
  if (first === undefined) return null;
  if (values.some((value) => identity(value) !== identity(first))) {
    const named = values.map(identity).join(' and ');
    throw refusal('ERR_CREDENTIAL_MISMATCH', `the credentials name different ones: ${named}`);
  }
  return first;
}

function principalOf({ issuer, subject }: UserId, verified: readonly Verified[]): UserPrincipal {
  const authenticatedAt = verified.find((one) => one.authenticatedAt !== null)?.authenticatedAt;
  const sessionId = verified.find((one) => one.sessionId !== null)?.sessionId;
  return {
    issuer,
    subject,
    authenticatedAt: authenticatedAt ?? null,
    sessionId: sessionId ?? null,
  };
}

const refusal = (code: ErrorCode, reason: string) => new SallyportError(code, { reason });
