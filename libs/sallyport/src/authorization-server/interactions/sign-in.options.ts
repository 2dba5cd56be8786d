export interface SignInOptions {
  /** Passwords that one address (IPv6: one /64) may try for one user name in the window, until one is right. @default 10 */
  readonly attempts?: number;
  /** Wrong passwords that it may try for all user names together. @default 100 */
  readonly addressAttempts?: number;
  /** @default 300 */
  readonly windowSeconds?: number;
}

export type ResolvedSignInOptions = Required<SignInOptions>;

export const SIGN_IN_OPTIONS = Symbol('SignInOptions');

export function resolveSignInOptions(
  options: SignInOptions,
  mistakes: string[],
): ResolvedSignInOptions {
  const { attempts = 10, addressAttempts = 100, windowSeconds = 300 } = options;
  const resolved = { attempts, addressAttempts, windowSeconds };
  for (const [name, value] of Object.entries(resolved)) {
    const most = name === 'windowSeconds' ? 86_400 : 1_000_000;
    if (Number.isInteger(value) && value >= 1 && value <= most) continue;
    mistakes.push(`signIn.${name} must be a whole number from 1 to ${most.toString()}`);
  }
  return Object.freeze(resolved);
}
