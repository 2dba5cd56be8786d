/** Instants in milliseconds: where the period begins that holds an instant, where it ends, and where the next one ends. */
export type PeriodBounds = readonly [start: number, end: number, nextEnd: number];

interface LocalDate {
  readonly year: number;
  /** From 1; may run over, as days may. */
  readonly month: number;
  readonly day: number;
}

const DAY_MS = 86_400_000;

/** Days or months of the calendar in one time zone: they begin at midnight there, whatever summer time does. */
export class CalendarPeriod {
  /** How long it usually is; the calendar decides. */
  readonly seconds: number;

  private readonly format: Intl.DateTimeFormat;
  private known: PeriodBounds = [0, 0, 0];

  /** Throws RangeError for a time zone that IANA does not name. */
  constructor(
    readonly unit: 'day' | 'month',
    readonly timeZone = 'UTC',
  ) {
    this.seconds = unit === 'day' ? 86_400 : 30 * 86_400;
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  }

  boundsAt(now: number): PeriodBounds {
    const [start, end] = this.known;
    if (now < start || now >= end) this.known = this.compute(now);
    return this.known;
  }

  private compute(now: number): PeriodBounds {
    const { year, month, day } = this.localDate(now);
    const first = this.unit === 'day' ? { year, month, day } : { year, month, day: 1 };
    // Where the clocks go back at midnight, the day's first hour still belongs to the day before.
    const shift = this.midnight(first) > now ? -1 : 0;
    const [start, end, next] = [0, 1, 2].map((n) => this.midnight(this.after(first, n + shift)));
    return [start ?? now, end ?? now, next ?? now];
  }

  private after({ year, month, day }: LocalDate, periods: number): LocalDate {
    return this.unit === 'day'
      ? { year, month, day: day + periods }
      : { year, month: month + periods, day };
  }

  /** The instant from which on it is that date for good. */
  private midnight({ year, month, day }: LocalDate): number {
    const asUtc = Date.UTC(year, month - 1, day);
    const before = asUtc - this.offset(asUtc - DAY_MS);
    const after = asUtc - this.offset(asUtc + DAY_MS);
    const struck = [before, after].filter((at) => at + this.offset(at) === asUtc);
    // Where summer time swallows midnight, the day begins at the jump.
    return struck.length === 0 ? before : Math.max(...struck);
  }

  /** How far local time is ahead of UTC, in milliseconds. */
  private offset(at: number): number {
    const { year, month, day, hour, minute, second } = this.parts(at);
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
  }

  private localDate(at: number): LocalDate {
    return this.parts(at);
  }

  private parts(at: number) {
    const parts = new Map<string, number>();
    for (const { type, value } of this.format.formatToParts(at)) parts.set(type, Number(value));
    const part = (name: string): number => parts.get(name) ?? 0;
    return {
      ...{ year: part('year'), month: part('month'), day: part('day') },
      ...{ hour: part('hour'), minute: part('minute'), second: part('second') },
    };
  }
}
