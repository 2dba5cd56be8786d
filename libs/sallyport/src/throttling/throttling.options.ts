import {
  resolveAnomalyOptions,
  type AnomalyOptions,
  type ResolvedAnomalyOptions,
} from './anomalies/anomaly.options.js';
import { resolvePolicies, type LimitPolicy } from './limit-policy.js';
import { checkWhole, resolveQuota, resolveRule, type Quota, type QuotaOptions } from './quota.js';
import type { LimitMode, RateLimitRule } from './rate-limit.js';

export interface ThrottlingOptions {
  /**
   * Requests of one address, counted before any credential is looked at. `false` leaves it to the proxy.
   * @default { limit: 300, windowSeconds: 60 }
   */
  readonly address?: Partial<RateLimitRule> | false;
  /**
   * Requests of one address whose credentials were refused; one that used them up is refused before anything is
   * verified. @default { limit: 100, windowSeconds: 60 }, false where `address` is
   */
  readonly failures?: Partial<RateLimitRule> | false;
  /**
   * Whether nothing is taken from an address (canonical, IPv4 or IPv6): for what you know of it from elsewhere, a
   * reputation feed or a list. Asked on every request before any credential is looked at, so it answers from memory.
   * @default nobody is refused
   */
  readonly refusesAddress?: (address: string) => boolean;
  /**
   * What counts as suspicious, and what follows beside an event: `then` is `report`, `throttle` or `suspend`. @default
   * events, and nothing else
   */
  readonly anomalies?: AnomalyOptions | false;
  /** Addresses of IPv6 count together that share so many leading bits, 32 to 128. @default 64 */
  readonly ipv6PrefixLength?: number;
  /** What one client may send, all its users and keys together. @default 600 reads and 120 writes in 60 s */
  readonly client?: QuotaOptions;
  /** What one API key may send out of its client's quota. @default false no more than the client's quota */
  readonly apiKey?: QuotaOptions | false;
  /**
   * What one user may send out of the quota of the client they use, so that one cannot use it up for all.
   * @default 300 reads and 60 writes in 60 s
   */
  readonly user?: QuotaOptions | false;
  /** What one user may send through all clients together. @default false no more than in each client */
  readonly userEverywhere?: QuotaOptions | false;
  /**
   * The client's quota by the name of its plan; what a plan does not say is as in `client`. Plans that were stored
   * while the app runs come before those of the same name here. @default {}
   */
  readonly plans?: Readonly<Record<string, QuotaOptions>>;
  /** Limits that routes name with `@RateLimit({ policy })`. @default {} */
  readonly policies?: Readonly<Record<string, LimitPolicy>>;
  /**
   * `leased` spends tokens that each instance takes in batches, without asking on every request; `exact` asks on
   * every request. Neither exceeds a limit. @default 'leased'
   */
  readonly mode?: LimitMode;
  /** Where the days and months of quotas begin, by its IANA name. @default 'UTC' */
  readonly timeZone?: string;
  /** Whether `RateLimit-Policy` and `RateLimit` are sent; `Retry-After` always is. @default true */
  readonly headers?: boolean;
  /** Whether `X-RateLimit-Limit`, `-Remaining` and `-Reset` of the tightest limit are sent too. @default false */
  readonly legacyHeaders?: boolean;
  /**
   * How many instances share the limits: while Redis is away each counts its part of them, and always of those by
   * address. Give it where they may start while Redis is away: they would count one.
   * @default as many as told Redis in the last 20 s that they live
   */
  readonly expectedInstances?: number;
}

export interface ResolvedThrottlingOptions {
  readonly address: RateLimitRule | null;
  readonly failures: RateLimitRule | null;
  readonly refusesAddress: ((address: string) => boolean) | null;
  readonly anomalies: ResolvedAnomalyOptions;
  readonly ipv6PrefixLength: number;
  readonly client: Quota;
  readonly apiKey: Quota | null;
  readonly user: Quota | null;
  readonly userEverywhere: Quota | null;
  readonly plans: ReadonlyMap<string, Quota>;
  readonly policies: ReadonlyMap<string, LimitPolicy>;
  readonly mode: LimitMode;
  readonly timeZone: string;
  readonly headers: boolean;
  readonly legacyHeaders: boolean;
  /** Null: as many as are counted. */
  readonly expectedInstances: number | null;
}

export const THROTTLING_OPTIONS = Symbol('ThrottlingOptions');

const ADDRESS = { limit: 300, windowSeconds: 60 };
const FAILURES = { limit: 100, windowSeconds: 60 };
const UNCOUNTED = { perDay: null, perMonth: null, concurrency: null };
const CLIENT: Quota = {
  reads: { limit: 600, windowSeconds: 60 },
  writes: { limit: 120, windowSeconds: 60 },
  ...UNCOUNTED,
};
const USER: Quota = {
  reads: { limit: 300, windowSeconds: 60 },
  writes: { limit: 60, windowSeconds: 60 },
  ...UNCOUNTED,
};

export function resolveThrottlingOptions(
  options: ThrottlingOptions = {},
  mistakes: string[],
): ResolvedThrottlingOptions {
  const { address = ADDRESS, apiKey = false, user = USER, userEverywhere = false } = options;
  const { failures = address === false ? false : FAILURES } = options;
  const quota = (name: string, given: QuotaOptions, otherwise: Quota): Quota =>
    resolveQuota(`throttling.${name}`, { given, otherwise }, mistakes);

  const rule = (name: string, given: RateLimitRule): RateLimitRule =>
    resolveRule(`throttling.${name}`, given, mistakes);

  const { refusesAddress = null } = options;
  if (refusesAddress !== null && typeof refusesAddress !== 'function') {
    mistakes.push('throttling.refusesAddress must be a function of an address');
  }
  const client = quota('client', options.client ?? CLIENT, CLIENT);
  const rates = { ...client, ...UNCOUNTED };
  const plans = Object.entries(options.plans ?? {});
  return Object.freeze({
    address: address === false ? null : rule('address', { ...ADDRESS, ...address }),
    failures: failures === false ? null : rule('failures', { ...FAILURES, ...failures }),
    client,
    apiKey: apiKey === false ? null : quota('apiKey', apiKey, rates),
    user: user === false ? null : quota('user', user, USER),
    userEverywhere: userEverywhere === false ? null : quota('userEverywhere', userEverywhere, USER),
    plans: new Map(plans.map(([name, plan]) => [name, quota(`plans.${name}`, plan, client)])),
    refusesAddress,
    anomalies: resolveAnomalyOptions(options.anomalies, mistakes),
    policies: resolvePolicies(options.policies ?? {}, mistakes),
    ...resolveManner(options, mistakes),
  });
}

/** How limits are counted and shown. */
function resolveManner(options: ThrottlingOptions, mistakes: string[]) {
  const { mode = 'leased', timeZone = 'UTC', ipv6PrefixLength = 64 } = options;
  const { headers = true, legacyHeaders = false, expectedInstances = null } = options;
  if (!['leased', 'exact'].includes(mode)) mistakes.push('throttling.mode must be leased or exact');
  if (!isTimeZone(timeZone)) mistakes.push(`throttling.timeZone: ${timeZone} is no IANA time zone`);
  checkWhole('throttling.ipv6PrefixLength', ipv6PrefixLength, 128, mistakes, 32);
  if (expectedInstances !== null) {
    checkWhole('throttling.expectedInstances', expectedInstances, 100_000, mistakes, 1);
  }
  for (const [name, value] of Object.entries({ headers, legacyHeaders })) {
    if (typeof value !== 'boolean') mistakes.push(`throttling.${name} must be true or false`);
  }
  return { mode, timeZone, ipv6PrefixLength, headers, legacyHeaders, expectedInstances };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
