import type { Granularity } from './usage.js';

export interface UsageOptions {
  /** How long counts stay in memory before they are written: what a crash loses at most. @default 5 */
  readonly flushSeconds?: number;
  /**
   * How many different rows one instance keeps between two flushes; further ones are counted as `(other)`. Of senders
   * without a client it tells a tenth as many apart in an hour. @default 10000
   */
  readonly maxRows?: number;
  /**
   * What is kept of the sender's address: the block that the limits count by (IPv4 in whole, IPv6 by its /64), its
   * /24 or /48, or nothing. @default 'block'
   */
  readonly addresses?: 'block' | 'truncated' | 'off';
  /**
   * The country of an address (ISO 3166-1 alpha-2), from a database that you keep; null where it is not known. Asked
   * once for a connection, or for each sender behind a proxy, so it answers from memory. @default no country is counted
   */
  readonly countryOf?: (address: string) => string | null;
  /** Whether rows name the user. @default true */
  readonly users?: boolean;
  /** For how many days rows of each granularity are kept. @default { minute: 2, hour: 62, day: 400 } */
  readonly retentionDays?: Partial<Readonly<Record<Granularity, number>>>;
}

export interface ResolvedUsageOptions {
  /** Off, nothing is counted but when keys and clients were last used. */
  readonly isOn: boolean;
  readonly flushSeconds: number;
  readonly maxRows: number;
  readonly addresses: 'block' | 'truncated' | 'off';
  readonly countryOf: ((address: string) => string | null) | null;
  readonly users: boolean;
  readonly retentionDays: Readonly<Record<Granularity, number>>;
}

export const USAGE_OPTIONS = Symbol('UsageOptions');

export function resolveUsageOptions(
  given: UsageOptions | boolean | undefined,
  mistakes: string[],
): ResolvedUsageOptions {
  const options = typeof given === 'object' ? given : {};
  const { flushSeconds = 5, maxRows = 10_000, addresses = 'block', users = true } = options;
  const { countryOf = null } = options;
  const retentionDays = { minute: 2, hour: 62, day: 400, ...options.retentionDays };
  if (given !== undefined && typeof given !== 'boolean' && typeof given !== 'object') {
    mistakes.push('usage must be true, false or its options');
  }
  if (!(flushSeconds >= 0.1 && flushSeconds <= 60)) {
    mistakes.push('usage.flushSeconds must be from 0.1 to 60');
  }
  if (!isWhole(maxRows, 100, 1_000_000)) {
    mistakes.push('usage.maxRows must be a whole number from 100 to 1000000');
  }
  if (!['block', 'truncated', 'off'].includes(addresses)) {
    mistakes.push('usage.addresses must be one of block, truncated, off');
  }
  if (countryOf !== null && typeof countryOf !== 'function') {
    mistakes.push('usage.countryOf must be a function of an address');
  }
  if (typeof users !== 'boolean') mistakes.push('usage.users must be true or false');
  checkRetention(retentionDays, mistakes);
  return Object.freeze({
    isOn: given !== undefined && given !== false,
    flushSeconds,
    maxRows,
    addresses,
    countryOf,
    users,
    retentionDays: Object.freeze(retentionDays),
  });
}

function checkRetention(
  { minute, hour, day }: Readonly<Record<Granularity, number>>,
  mistakes: string[],
): void {
  if (![minute, hour, day].every((days) => isWhole(days, 1, 36_500))) {
    mistakes.push('usage.retentionDays must be whole numbers from 1 to 36500');
  }
}

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;
