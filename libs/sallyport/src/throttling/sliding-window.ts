import type { RateLimitDemand, RateLimitState } from './rate-limit.js';

/** What is remembered of one tracker: two counts and two instants, whatever the limit. Milliseconds. */
export interface SlidingWindow {
  readonly startedAt: number;
  readonly current: number;
  readonly previous: number;
  readonly blockedUntil: number;
}

/**
 * The rules, which every store keeps to:
 *
 * - A tracker's windows follow each other from its first request on. Each counts its own requests; those of
 *   the window before fade evenly while this one passes, and the faded count is rounded down.
 * - A request is allowed while both together stay within the limit. So no window ever holds more than `limit`,
 *   and after a full window room returns request by request, not all at once.
 * - A limit of 0 refuses everything and remembers nothing. A refused request is not counted.
 * - With `blockSeconds`, going over refuses the tracker outright for that long; asking meanwhile does not
 *   prolong it.
 */
export const startWindow = (now: number): SlidingWindow => ({
  startedAt: now,
  current: 0,
  previous: 0,
  blockedUntil: 0,
});

/** The window as it stands at `now`. A clock that was set back restarts it with what it counted. */
export function slideWindow(window: SlidingWindow, span: number, now: number): SlidingWindow {
  const { startedAt, current, blockedUntil } = window;
  if (now < startedAt) return { ...window, startedAt: now };
  const passed = Math.floor((now - startedAt) / span);
  if (passed === 0) return window;
  if (passed === 1) {
    return { startedAt: startedAt + span, current: 0, previous: current, blockedUntil };
  }
  return { ...startWindow(now), blockedUntil };
}

export const spendOne = (window: SlidingWindow): SlidingWindow => ({
  ...window,
  current: window.current + 1,
});

/** When nothing of the window counts any more. */
export const windowEnd = (window: SlidingWindow, span: number): number =>
  Math.max(window.startedAt + 2 * span, window.blockedUntil);

export const spanOf = (demand: RateLimitDemand): number =>
  Math.max(1, Math.ceil(demand.windowSeconds * 1000));

/** How one demand stands before anything is spent: `remaining` still includes this request. */
export function assessWindow(
  window: SlidingWindow,
  demand: RateLimitDemand,
  now: number,
): RateLimitState {
  const span = spanOf(demand);
  const elapsed = now - window.startedAt;
  const blockedFor = Math.max(0, window.blockedUntil - now);
  const room = demand.limit - window.current - faded(window.previous, span, elapsed);
  const allowed = room >= 1 && blockedFor === 0;
  const wait = allowed ? 0 : Math.max(blockedFor, waitForRoom(window, demand.limit, span, elapsed));
  return {
    policy: demand.policy,
    limit: demand.limit,
    windowSeconds: demand.windowSeconds,
    remaining: blockedFor > 0 ? 0 : Math.max(0, room),
    resetSeconds: Math.ceil(Math.max(span - elapsed, blockedFor) / 1000),
    allowed,
    retryAfterSeconds: Math.ceil(wait / 1000),
  };
}

const faded = (previous: number, span: number, elapsed: number): number =>
  Math.floor((previous * (span - elapsed - 1)) / span);

function waitForRoom(window: SlidingWindow, limit: number, span: number, elapsed: number): number {
  if (limit < 1) return span;
  if (window.current < limit) {
    return Math.max(0, fadesInto(limit - window.current, window.previous, span) - elapsed);
  }
  return span - elapsed + fadesInto(limit, window.current, span);
}

/** Milliseconds into a window until fewer than `room` of the `previous` requests still count. */
const fadesInto = (room: number, previous: number, span: number): number =>
  Math.max(0, Math.floor(span - 1 - (room * span) / previous) + 1);
