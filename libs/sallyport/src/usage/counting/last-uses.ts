/** Ids that are told apart; there are no more while a store is away for long. */
const MAX_IDS = 100_000;

export interface LastUse {
  readonly id: string;
  readonly count: number;
  readonly lastUsedAt: Date;
}

/** When each of many was last used, and how often since it was taken. */
export class LastUses {
  private uses = new Map<string, { count: number; at: number }>();

  get size(): number {
    return this.uses.size;
  }

  add(id: string, count: number, at: number): void {
    const known = this.uses.get(id);
    if (known === undefined) {
      if (this.uses.size < MAX_IDS) this.uses.set(id, { count, at });
      return;
    }
    known.count += count;
    if (at > known.at) known.at = at;
  }

  /** At most `limit` of them, which are forgotten here. */
  take(limit = Infinity): LastUse[] {
    const taken: LastUse[] = [];
    for (const [id, { count, at }] of this.uses) {
      if (taken.length >= limit) break;
      taken.push({ id, count, lastUsedAt: new Date(at) });
      this.uses.delete(id);
    }
    return taken;
  }
}
