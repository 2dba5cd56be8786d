import { Injectable } from '@nestjs/common';
import type { Client } from '../clients/client.js';
import { isPromise, type MaybePromise } from '../maybe-promise.js';
import { effectiveScope } from '../principals/authority.js';
import type {
  AuthorityLegs,
  Caller,
  ClientPrincipal,
  UserPrincipal,
} from '../principals/caller.js';
import { sealedSet } from '../principals/sealed-set.js';
import { RoleGrantService } from '../role-grants/role-grant.service.js';
import { RoleHierarchy } from '../role-grants/role-hierarchy.js';
import type { UserId } from '../users/user.js';
import { AdmittedCaller } from './admitted-caller.js';
import { CallerSignals } from './caller-signals.js';
import type { Verified } from './verified.js';

type Roles = ReadonlySet<string>;

/** What a caller was made of: the same again gives the same caller. */
interface Made {
  readonly client: Client;
  readonly roles: Roles;
  readonly caller: Caller;
}

const NONE: Roles = new Set();
const NO_CLAIMS = Object.freeze({});

/** From what was verified to the caller. One that came by a single credential is made once, until its client or its roles change. */
@Injectable()
export class CallerFactory {
  private readonly made = new WeakMap<Verified, Made>();
  private readonly expanded = new WeakMap<readonly string[], Roles>();
  private readonly principals = new WeakMap<Client, ClientPrincipal>();

  constructor(
    private readonly roleGrants: RoleGrantService,
    private readonly hierarchy: RoleHierarchy,
    private readonly signals: CallerSignals,
  ) {}

  make(client: Client, user: UserId | null, verified: readonly Verified[]): MaybePromise<Caller> {
    const roles = user === null ? NONE : this.rolesOf(client, user, verified);
    if (isPromise(roles)) return roles.then((held) => this.of(client, held, verified));
    return this.of(client, roles, verified);
  }

  private of(client: Client, roles: Roles, verified: readonly Verified[]): Caller {
    const [only, another] = verified;
    if (only === undefined || another !== undefined) return this.create(client, roles, verified);
    const made = this.made.get(only);
    if (made?.client === client && made.roles === roles) return made.caller;
    const caller = this.create(client, roles, verified);
    this.made.set(only, { client, roles, caller });
    return caller;
  }

  /** Roles that a user's token names are those of its issue; a change since makes it stale. Else our grants decide. */
  private rolesOf(
    client: Client,
    user: UserId,
    verified: readonly Verified[],
  ): MaybePromise<Roles> {
    for (const one of verified) {
      if (one.user === null || one.roles === null) continue;
      const known = this.expanded.get(one.roles);
      if (known !== undefined) return known;
      const expanded = this.hierarchy.expand(one.roles);
      this.expanded.set(one.roles, expanded);
      return expanded;
    }
    return this.roleGrants.rolesOf(user, client.clientId);
  }

  private create(client: Client, roles: Roles, verified: readonly Verified[]): Caller {
    const credentials = Object.freeze(verified.map(({ credential }) => credential));
    const isUser = verified.some(({ user }) => user !== null);
    const legs: AuthorityLegs = {
      client: sealedSet(client.scope),
      credentials,
      roles: isUser && this.hierarchy.isUsed ? sealedSet(this.hierarchy.scopeOf(roles)) : null,
    };
    const parts: Omit<Caller, 'signal'> = {
      client: this.principalOf(client),
      user: userOf(verified),
      scope: sealedSet(effectiveScope(legs)),
      roles: sealedSet(roles),
      claims:
        verified.find(({ credential }) => credential.kind === 'access-token')?.claims ?? NO_CLAIMS,
      confirmation:
        verified.find(({ confirmation }) => confirmation !== null)?.confirmation ?? null,
      credentials,
      legs: Object.freeze(legs),
    };
    return new AdmittedCaller(parts, verified, this.signals);
  }

  /** Its callers share it. */
  private principalOf(client: Client): ClientPrincipal {
    const known = this.principals.get(client);
    if (known !== undefined) return known;
    const { clientId, name, type, isThirdParty, plan } = client;
    const principal = Object.freeze({ clientId, name, type, isThirdParty, plan });
    this.principals.set(client, principal);
    return principal;
  }
}

/** The user as whichever credential says most of them. */
function userOf(verified: readonly Verified[]): UserPrincipal | null {
  const user = verified.find((one) => one.user !== null)?.user;
  if (user === undefined || user === null) return null;
  const authenticatedAt = verified.find((one) => one.authenticatedAt !== null)?.authenticatedAt;
  const sessionId = verified.find((one) => one.sessionId !== null)?.sessionId;
  return Object.freeze({
    issuer: user.issuer,
    subject: user.subject,
    authenticatedAt: authenticatedAt ?? null,
    sessionId: sessionId ?? null,
  });
}
