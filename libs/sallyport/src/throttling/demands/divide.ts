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
    if (demand.kind === 'concurrency') leased.push(new Limit(demand));
    // What blocks whoever goes over is asked on every request: tokens in hand know of no block.
    else if (mode === 'exact' || ('blockSeconds' in demand && (demand.blockSeconds ?? 0) > 0)) {
      exact.push(new Limit({ ...demand, cost }));
    } else leased.push(new Limit({ ...demand, cost }));
  }
  return new DemandSet(leased, exact, of);
}
