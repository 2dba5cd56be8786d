import type { IncomingMessage } from 'node:http';

const times = new WeakMap<IncomingMessage, Date>();

/**
 * Notes when a request came, before it waited for anything of ours: what was spent while it waited for its limits is a
 * race that it lost, not a reuse (RFC 9700 §4.14.2).
 */
export function noteArrivalTime(raw: IncomingMessage, at: Date): void {
  times.set(raw, at);
}

export const arrivalTimeOf = (raw: IncomingMessage): Date | null => times.get(raw) ?? null;
