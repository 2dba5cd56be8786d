import { isScopeToken } from '../../input.js';

/** What a scope value allows, as people say it after "The app asks to": by value. */
export type ScopeDescriptions = Readonly<Record<string, string>>;

export const SCOPE_DESCRIPTIONS = Symbol('ScopeDescriptions');

const DEFAULTS: ScopeDescriptions = {
  openid: 'Know who you are',
  profile: 'See your name and user name',
  email: 'See your e-mail address',
  offline_access: 'Keep this access while you are not using the app',
};

/** Those of OpenID Connect Core §5.4 and §11 are described already. */
export function resolveScopeDescriptions(
  descriptions: ScopeDescriptions,
  mistakes: string[],
): ScopeDescriptions {
  for (const [value, description] of Object.entries(descriptions)) {
    if (!isScopeToken(value)) mistakes.push(`scopeDescriptions names ${value}, which is no scope`);
    if (typeof description !== 'string' || description.trim() === '') {
      mistakes.push(`scopeDescriptions.${value} must not be empty`);
    }
  }
  return Object.freeze({ ...DEFAULTS, ...descriptions });
}

/** A value that nobody has described stands for itself. */
export const describeScope = (
  scope: readonly string[],
  descriptions: ScopeDescriptions,
): readonly { readonly value: string; readonly description: string }[] =>
  scope.map((value) => ({
    value,
    description: Object.hasOwn(descriptions, value) ? (descriptions[value] ?? value) : value,
  }));
