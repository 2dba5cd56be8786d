/** Seconds that a 429 or 503 asks to wait (RFC 9110 §10.2.3); null when it asks for nothing that can be read. */
export function secondsToWait({ status, headers }: Response, now: number): number | null {
  if (status !== 429 && status !== 503) return null;
  const value = headers.get('retry-after');
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return null;
  // By the server's own clock, where it tells it.
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, Math.ceil((until - (Number.isNaN(sent) ? now : sent)) / 1000));
}
