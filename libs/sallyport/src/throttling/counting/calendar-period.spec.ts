import { CalendarPeriod } from './calendar-period.js';

const boundsAt = (unit: 'day' | 'month', zone: string, at: string) =>
  new CalendarPeriod(unit, zone)
    .boundsAt(Date.parse(at))
    .map((bound) => new Date(bound).toISOString());

describe('CalendarPeriod', () => {
  it.each([
    ['UTC', '2026-03-15T13:00:00Z', ['2026-03-15T00:00:00.000Z', '2026-03-16T00:00:00.000Z']],
    // A day of 23 hours, and one of 25.
    [
      'Europe/Berlin',
      '2026-03-29T12:00:00Z',
      ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ],
    [
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ],
    // Midnight does not exist: the day begins at one o'clock.
    [
      'America/Sao_Paulo',
      '2018-11-04T12:00:00Z',
      ['2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
    ],
    // Midnight strikes twice.
    [
      'America/Havana',
      '2026-11-01T12:00:00Z',
      ['2026-11-01T05:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    ],
    [
      'Asia/Kathmandu',
      '2026-03-15T18:20:00Z',
      ['2026-03-15T18:15:00.000Z', '2026-03-16T18:15:00.000Z'],
    ],
  ])('a day in %s at %s begins and ends at midnight there [C42]', (zone, at, expected) => {
    expect(boundsAt('day', zone, at).slice(0, 2)).toEqual(expected);
  });

  it.each([
    ['UTC', '2026-01-31T23:59:59Z', ['2026-01-01', '2026-02-01', '2026-03-01']],
    ['UTC', '2028-02-29T12:00:00Z', ['2028-02-01', '2028-03-01', '2028-04-01']],
    ['UTC', '2026-12-31T23:59:59Z', ['2026-12-01', '2027-01-01', '2027-02-01']],
  ])('a month in %s at %s begins on the first [C42]', (zone, at, expected) => {
    expect(boundsAt('month', zone, at)).toEqual(expected.map((day) => `${day}T00:00:00.000Z`));
  });

  it('of a month lasts over a change of summer time', () => {
    expect(boundsAt('month', 'America/New_York', '2026-03-20T00:00:00Z')).toEqual([
      '2026-03-01T05:00:00.000Z',
      '2026-04-01T04:00:00.000Z',
      '2026-05-01T04:00:00.000Z',
    ]);
  });

  it.each(['Europe/Berlin', 'America/Havana', 'America/Sao_Paulo', 'Pacific/Apia', 'Asia/Beirut'])(
    'every instant in %s lies in one period, and the next begins where it ends',
    (zone) => {
      const period = new CalendarPeriod('day', zone);
      let [start, end] = period.boundsAt(Date.parse('2017-12-30T00:00:00Z'));
      for (let hour = 0; hour < 24 * 370; hour++) {
        const at = Date.parse('2017-12-30T00:00:00Z') + hour * 3_600_000;
        const [from, until] = period.boundsAt(at);
        expect(from <= at && at < until).toBe(true);
        if (from !== start) expect(from).toBe(end);
        [start, end] = [from, until];
      }
    },
  );
});
