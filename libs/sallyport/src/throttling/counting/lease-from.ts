import type { LeaseGrant, LeaseRequest } from '../rate-limit.store.js';
import { levelOf, setLevel, type Count } from './count.js';
import { roomIn } from './limit-state.js';

/** Takes from a tracker in advance. The same as in the script of the Redis store. */
export function leaseFrom(count: Count, request: LeaseRequest, now: number): LeaseGrant {
  const { limit, holder, held, need, want, giveBack } = request;
  let level = levelOf(count, limit, now);
  const toPeriodEndMs = limit.kind === 'quota' ? count.periodEnd - now : 0;
  const life = request.lifeSeconds * 1000;
  const lifeMs = limit.kind === 'quota' ? Math.min(life, toPeriodEndMs) : life;
  // What is under way is counted by holdings alone, and its holder knows best what it holds.
  if (limit.kind === 'concurrency') level += held - heldBy(count, holder);
  else level -= giveBack;
  const room = roomIn(limit, level);
  const granted = Math.min(room, Math.max(need, Math.min(want, Math.floor(room / 2))));
  level += granted;
  setLevel(count, limit, level, now);
  if (limit.kind !== 'quota') hold(count, { holder, count: held + granted, endsAt: now + lifeMs });
  return { granted, level, toPeriodEndMs, lifeMs };
}

const heldBy = ({ holdings }: Count, name: string): number =>
  holdings.find(({ holder }) => holder === name)?.count ?? 0;

function hold(count: Count, holding: Count['holdings'][number]): void {
  const others = count.holdings.filter(({ holder }) => holder !== holding.holder);
  const all = holding.count > 0 ? [...others, holding] : others;
  count.holdings = all.sort((a, b) => a.endsAt - b.endsAt);
}
