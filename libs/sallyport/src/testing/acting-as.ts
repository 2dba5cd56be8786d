import { effectiveScope } from '../principals/authority.js';
import type { Caller, Claims, Confirmation } from '../principals/caller.js';
import { Authenticator } from '../credentials/authenticator.js';

export interface ActingAs {
  /** `client_id` of the app that calls. */
  readonly client: string;
  /** Subject of the user it acts for; none when left out. */
  readonly user?: string;
  /** Effective scope. @default [] */
  readonly scope?: readonly string[];
  /** Roles of the user in this client, inherited ones to be named too. @default [] */
  readonly roles?: readonly string[];
  readonly claims?: Claims;
  /** What the access token is bound to, as if it were proven (`cnf`): for routes with `@SenderConstrained()`. @default null */
  readonly confirmation?: Confirmation;
  /** What was presented; `signature` is an API key that signed the request. @default an API key, and an access token when a user acts */
  readonly credentials?: readonly ('api-key' | 'access-token' | 'signature')[];
  /** What the test aborts to revoke the caller while something of it is open. @default one that never fires */
  readonly signal?: AbortSignal;
}

/** `iss` of users made by `actingAs`. */
export const TEST_ISSUER = 'https://issuer.test';

/**
 * An `Authenticator` under which every request comes from this caller; the rest of the pipeline runs as it is:
 *
 * `Test.createTestingModule({ imports: [AppModule] })
 *   .overrideProvider(Authenticator).useValue(actingAs({ client: 'mobile-app', user: 'alice' }))`
 *
 * `become(…)` changes who calls from then on.
 */
export function actingAs(caller: ActingAs): ActingAuthenticator {
  return new ActingAuthenticator(caller);
}

export class ActingAuthenticator extends Authenticator {
  private caller: Caller;

  constructor(caller: ActingAs) {
    super();
    this.caller = callerOf(caller);
  }

  become(caller: ActingAs): void {
    this.caller = callerOf(caller);
  }

  authenticate(): Caller {
    return this.caller;
  }
}

/** A `Caller` for unit tests of handlers, policies and services. */
export function callerOf(acting: ActingAs): Caller {
  const { client, user, scope = [], roles = [], claims = {} } = acting;
  const { signal = new AbortController().signal } = acting;
  const kinds =
    acting.credentials ?? (user === undefined ? ['api-key'] : ['api-key', 'access-token']);
  const granted = new Set(scope);
  const credentials = kinds.map((kind) => ({
    kind: kind === 'signature' ? ('api-key' as const) : kind,
    id: `test-${kind}`,
    issuer: kind === 'access-token' ? TEST_ISSUER : null,
    scope: granted,
    actsForUser: kind === 'access-token' && user !== undefined,
    isSigned: kind === 'signature',
  }));
  const legs = { client: granted, credentials, roles: null };
  return {
    client: {
      clientId: client,
      name: client,
      type: 'confidential',
      isThirdParty: false,
      plan: null,
    },
    user:
      user === undefined
        ? null
        : { issuer: TEST_ISSUER, subject: user, authenticatedAt: null, sessionId: null },
    scope: effectiveScope(legs),
    roles: new Set(roles),
    claims,
    confirmation: acting.confirmation ?? null,
    credentials,
    legs,
    signal,
  };
}
