/**
 * What each role gives: an entry that is a role's name is inherited, any other is a scope.
 * `{ viewer: ['invoices:read'], editor: ['viewer', 'invoices:write'] }`
 */
export type RoleOptions = Readonly<Record<string, readonly string[]>>;

interface RoleContents {
  /** The role itself and all that it inherits. */
  readonly roles: ReadonlySet<string>;
  readonly scope: ReadonlySet<string>;
}

/** RFC 6749 §3.3: printable ASCII without space, quote and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const ROLE_NAME = /^[A-Za-z0-9][\w.:/-]{0,63}$/;

export const isRoleName = (name: string): boolean => ROLE_NAME.test(name);

/** The app's roles, worked out once. */
export class RoleHierarchy {
  constructor(
    private readonly contents: ReadonlyMap<string, RoleContents>,
    /** False when the app said nothing of roles: then users are not narrowed by any. */
    readonly isUsed: boolean,
  ) {}

  has(role: string): boolean {
    return this.contents.has(role);
  }

  /** These roles and those they inherit. A name that is not configured stays, and gives nothing. */
  expand(roles: Iterable<string>): ReadonlySet<string> {
    const expanded = new Set<string>();
    for (const role of roles) {
      for (const inherited of this.contents.get(role)?.roles ?? [role]) expanded.add(inherited);
    }
    return expanded;
  }

  /** All scope that these roles give together. */
  scopeOf(roles: Iterable<string>): ReadonlySet<string> {
    const scope = new Set<string>();
    for (const role of roles) {
      for (const given of this.contents.get(role)?.scope ?? []) scope.add(given);
    }
    return scope;
  }
}

/** Throws nothing: cycles, names that cannot be and entries that can be neither role nor scope are mistakes. */
export function resolveRoles(roles: RoleOptions | undefined, mistakes: string[]): RoleHierarchy {
  if (roles === undefined) return new RoleHierarchy(new Map(), false);
  const before = mistakes.length;
  const given: unknown = roles;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    mistakes.push('roles must be an object of lists');
    return new RoleHierarchy(new Map(), true);
  }
  const entries = new Map(Object.entries(roles));
  for (const [role, gives] of entries) checkRole(role, gives, entries, mistakes);
  mistakes.push(...cyclesIn(entries));
  if (mistakes.length > before) return new RoleHierarchy(new Map(), true);
  return new RoleHierarchy(
    new Map([...entries.keys()].map((role) => [role, contentsOf(role, entries)])),
    true,
  );
}

type Entries = ReadonlyMap<string, readonly string[]>;

function checkRole(role: string, gives: unknown, entries: Entries, mistakes: string[]): void {
  if (!isRoleName(role)) {
    mistakes.push(`roles: "${role}" must be 1 to 64 letters, digits or _ . : / -`);
  }
  if (!Array.isArray(gives)) {
    mistakes.push(`roles.${role} must be a list of roles and scopes`);
    return;
  }
  const names = [...entries.keys()];
  for (const entry of gives as unknown[]) {
    if (typeof entry !== 'string' || !SCOPE_TOKEN.test(entry)) {
      mistakes.push(
        `roles.${role}: ${JSON.stringify(entry)} is neither a role nor a scope (RFC 6749 §3.3)`,
      );
      continue;
    }
    const meant = names.find((name) => name.toLowerCase() === entry.toLowerCase());
    if (meant !== undefined && meant !== entry) {
      mistakes.push(`roles.${role}: "${entry}" is spelt "${meant}" elsewhere`);
    }
  }
}

function* cyclesIn(entries: Entries): Generator<string> {
  const done = new Set<string>();
  const visit = function* (role: string, path: readonly string[]): Generator<string> {
    if (path.includes(role)) {
      yield `roles: ${[...path.slice(path.indexOf(role)), role].join(' → ')} inherits itself`;
      return;
    }
    const gives = entries.get(role);
    if (done.has(role) || !Array.isArray(gives)) return;
    for (const entry of gives as readonly string[]) {
      if (entries.has(entry)) yield* visit(entry, [...path, role]);
    }
    done.add(role);
  };
  for (const role of entries.keys()) yield* visit(role, []);
}

function contentsOf(role: string, entries: Entries): RoleContents {
  const roles = new Set([role]);
  const scope = new Set<string>();
  // A set may grow while it is walked: what is added is visited too.
  for (const known of roles) {
    for (const entry of entries.get(known) ?? []) (entries.has(entry) ? roles : scope).add(entry);
  }
  return { roles, scope };
}
