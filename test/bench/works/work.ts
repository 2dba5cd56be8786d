/** What a process does by itself, over and over. */
export interface Work {
  /** Does it once; throws if it did not come out as it should. */
  work(turn: number): unknown;
  /** How many are under way at once; null for one after the other. */
  readonly inFlight: number | null;
  close?(): unknown;
}

/** These items by turns. */
export const each =
  <T>(items: readonly T[], work: (item: T) => unknown): Work['work'] =>
  (turn) =>
    work(items[turn % items.length] as T);
