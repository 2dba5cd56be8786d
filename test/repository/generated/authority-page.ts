import { demanding } from '../../support/route-policy.js';
import { errors, problems } from '../../../libs/sallyport/src/errors.js';
import { decide } from '../../../libs/sallyport/src/policy/decide.js';
import type { RoutePolicy } from '../../../libs/sallyport/src/policy/route-policy.js';
import { effectiveScope } from '../../../libs/sallyport/src/principals/authority.js';
import type {
  AuthorityLegs,
  Caller,
  VerifiedCredential,
} from '../../../libs/sallyport/src/principals/caller.js';

const INTRODUCTION = `# Authority

What a request may do follows from **who calls** and **for whom**. It is computed once, by
\`effectiveScope()\`, and asked by \`decide()\`. This page is what these two functions answer;
\`npm run docs\` writes it, and a test compares it with them.

\`\`\`
 what the client       what each presented       what the user's roles
 may ever do           credential was granted    give in this client
      │                     │                         │ (when a user acts,
      │                     │                         │  and roles are configured)
      └──────────┬──────────┴────────────┬────────────┘
                 └──────────── ∩ ────────┘
                               │
                        effective scope ──▶ @Scopes  ─┐
 credentials ──────────────────────────▶ @ApiKey     ─┤
 user or none ─────────────────────────▶ @RequireUser,├─▶ let in, or the leg that denied
                                         @ClientOnly  │
 roles of the user in this client ─────▶ @Roles      ─┤
 claims of the access token ───────────▶ @Claims     ─┘
\`\`\`

No leg widens another: an administrator gets no more through an app than the app may, and an app no more
than its user may. Several credentials narrow each other. \`explain(caller, policy)\` names the leg that
denied, for logs and consoles; the response does not.`;

const granting = (granted: boolean): ReadonlySet<string> => new Set(granted ? ['a'] : []);
const mark = (value: boolean): string => (value ? 'yes' : 'no');

const credential = (
  kind: VerifiedCredential['kind'],
  actsForUser: boolean,
  scope: ReadonlySet<string> | null,
): VerifiedCredential => ({ kind, id: '1', issuer: null, scope, actsForUser, isSigned: false });

interface Given {
  readonly credentials: readonly VerifiedCredential[];
  readonly legs: AuthorityLegs;
  readonly roles?: readonly string[];
}

function callerWith({ credentials, legs, roles = [] }: Given): Caller {
  const actsForUser = credentials.some((one) => one.actsForUser);
  return {
    client: {
      clientId: 'app',
      name: 'app',
      type: 'confidential',
      isThirdParty: false,
      plan: null,
    },
    user: actsForUser
      ? { issuer: 'us', subject: 'alice', authenticatedAt: null, sessionId: null }
      : null,
    scope: effectiveScope(legs),
    roles: new Set(roles),
    claims: {},
    confirmation: null,
    credentials,
    legs,
    signal: new AbortController().signal,
  };
}

/** 200, or the status and the leg that denied. */
function answer(caller: Caller, policy: RoutePolicy): string {
  const decision = decide(caller, policy);
  if (decision.allowed) return '200';
  const { status } = problems[errors[decision.refusal.code]];
  return `${status.toString()} ${decision.refusal.leg}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** All combinations of two to four yes and no. */
const combinations = (count: number): readonly (readonly boolean[])[] =>
  Array.from({ length: 2 ** count }, (_, row) =>
    Array.from({ length: count }, (__, column) => (row & (1 << (count - 1 - column))) === 0),
  );

function scopeOfApp(): string {
  const rows = combinations(2).map(([client = false, key = false]) => {
    const credentials = [credential('api-key', false, granting(key))];
    const legs = { client: granting(client), credentials, roles: null };
    return rowOf([client, key], callerWith({ credentials, legs }));
  });
  return table(['client may', 'API key has', 'effective', 'answer'], rows);
}

function scopeOfUser(): string {
  const rows = combinations(4).map(
    ([client = false, key = false, token = false, roles = false]) => {
      const credentials = [
        credential('api-key', false, granting(key)),
        credential('access-token', true, granting(token)),
      ];
      const legs = { client: granting(client), credentials, roles: granting(roles) };
      return rowOf([client, key, token, roles], callerWith({ credentials, legs }));
    },
  );
  return table(
    ['client may', 'API key has', "user's token has", 'roles give', 'effective', 'answer'],
    rows,
  );
}

function scopeWithoutRoles(): string {
  const rows = combinations(2).map(([client = false, token = false]) => {
    const credentials = [credential('access-token', true, granting(token))];
    const legs = { client: granting(client), credentials, roles: null };
    return rowOf([client, token], callerWith({ credentials, legs }));
  });
  return table(['client may', "user's token has", 'effective', 'answer'], rows);
}

function rowOf(given: readonly boolean[], caller: Caller): readonly string[] {
  const effective = caller.scope.has('a');
  return [...given.map(mark), mark(effective), answer(caller, demanding({ scopes: ['a'] }))];
}

const appKey = credential('api-key', false, granting(true));
const personalKey = credential('api-key', true, granting(true));
const clientToken = credential('access-token', false, granting(true));
const userToken = credential('access-token', true, granting(true));
const secret = credential('client-secret', false, null);

const callers: readonly (readonly [string, readonly VerifiedCredential[]])[] = [
  ["app's API key", [appKey]],
  ['client secret (Basic)', [secret]],
  ["client's own token", [clientToken]],
  ["app's key + client's token", [appKey, clientToken]],
  ["user's token", [userToken]],
  ["app's key + user's token", [appKey, userToken]],
  ["client secret + user's token", [secret, userToken]],
  ['personal key', [personalKey]],
  ["personal key + client's token", [personalKey, clientToken]],
  ["personal key + user's token", [personalKey, userToken]],
];

const demands: readonly (readonly [string, Partial<RoutePolicy>])[] = [
  ['nothing', {}],
  ['`@ApiKey()`', { apiKey: 'own' }],
  ['`@ApiKey({ personal: true })`', { apiKey: 'own-or-personal' }],
  ['`@RequireUser()`', { user: 'required' }],
  ['`@ClientOnly()`', { user: 'refused' }],
  ["`@Roles('admin')`", { roles: ['admin'] }],
  ["`@Roles('admin', { whenUser: true })`", { roles: ['admin'], rolesOnlyWhenUser: true }],
  ['`@ApiKey() @RequireUser()`', { apiKey: 'own', user: 'required' }],
  [
    "`@ApiKey() @RequireUser() @Roles('admin')`",
    { apiKey: 'own', user: 'required', roles: ['admin'] },
  ],
];

function entry(roles: readonly string[]): string {
  const rows = callers.map(([name, credentials]) => {
    const legs = { client: granting(true), credentials, roles: null };
    const caller = callerWith({ credentials, legs, roles });
    return [name, ...demands.map(([, demand]) => answer(caller, demanding(demand)))];
  });
  return table(['caller', ...demands.map(([name]) => name)], rows);
}

/** docs/authority.md: what the pure functions of authority answer, for every combination of their inputs. */
export function renderAuthorityPage(): string {
  return [
    INTRODUCTION,
    '## Scope',
    "`@Scopes('a')`, asked of an app:",
    scopeOfApp(),
    'asked of a user who acts through an app, whose server adds its API key:',
    scopeOfUser(),
    'asked of a user where the app configures no `roles`; users are not narrowed by them then:',
    scopeWithoutRoles(),
    '## Caller and demand',
    'Which credentials satisfy which demand. 401: a credential is missing, and sending it would help. 403: the ' +
      'caller is known and may not. The word is the leg that denied. A user who is admin in this client:',
    entry(['admin']),
    'a user who is not (in this client: roles held in others do not count):',
    entry([]),
    '',
  ].join('\n\n');
}
