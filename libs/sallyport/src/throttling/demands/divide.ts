import { Limit } from '../counting/limit.js';
import type { LimitDemand, LimitMode } from '../rate-limit.js';
import { DemandSet, type SetOf } from './demand-set.js';

/** Tells what this instance may spend from what it holds from what the store must be asked on every request. */
export function divide(
  demands: readonly LimitDemand[],
  { mode, ...of }: Required<SetOf> & { readonly mode: LimitMode },
): DemandSet {
  const { cost } = of;
  const leased: Limit[] = [];
  const exact: Limit[] = [];
  for (const demand of demands) {
    if (demand.kind === 'concurrency') {
      leased.push(new Limit(demand));
      continue;
    }
    const limit = new Limit({ ...demand, cost });
    // Tokens in hand know of no block, and not whether the store is there.
    const isExact = mode === 'exact' || limit.blockMs > 0 || limit.failsClosed;
    (isExact ? exact : leased).push(limit);
  }
  return new DemandSet(leased, exact, of);
}
