/** When something was made that may be presented once. In seconds since 1970. */
interface Made {
  readonly at: number;
  /** After which it is too old. */
  readonly until: number;
}

/**
 * For how many seconds it must be remembered, so that no instance takes it again whose clock is behind. Null for what is
 * too old, or from the future, by more than the skew of clocks.
 */
export function secondsToRemember(
  { at, until }: Made,
  { now, skew }: { readonly now: number; readonly skew: number },
): number | null {
  const left = until + skew - now;
  return left < 0 || at > now + skew ? null : left + skew + 1;
}
