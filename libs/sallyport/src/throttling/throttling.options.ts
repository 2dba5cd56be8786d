import type { RateLimitRule } from './rate-limit.js';

/** Reads are the safe methods GET, HEAD and OPTIONS (RFC 9110 §9.2.1); writes are all others. */
export interface QuotaOptions {
  readonly reads?: RateLimitRule;
  readonly writes?: RateLimitRule;
}

export interface ThrottlingOptions {
  /**
   * Requests of one address (IPv6: one /64) to this instance, counted before any credential is looked at.
   * `false` leaves it to the proxy. @default { limit: 300, windowSeconds: 60 }
   */
  readonly address?: Partial<RateLimitRule> | false;
  /** What one client may send, all its users and keys together. @default 600 reads and 120 writes in 60 s */
  readonly client?: QuotaOptions;
  /** What one API key may send out of its client's quota. @default false no more than the client's quota */
  readonly apiKey?: QuotaOptions | false;
  /**
   * What one user may send out of the quota of the client they use, so that one cannot use it up for all.
   * @default 300 reads and 60 writes in 60 s
   */
  readonly user?: QuotaOptions | false;
  /** The client's quota by the name of its plan; what a plan does not say is as in `client`. @default {} */
  readonly plans?: Readonly<Record<string, QuotaOptions>>;
}

export interface Quota {
  readonly reads: RateLimitRule;
  readonly writes: RateLimitRule;
}

export interface ResolvedThrottlingOptions {
  readonly address: RateLimitRule | null;
  readonly client: Quota;
  readonly apiKey: Quota | null;
  readonly user: Quota | null;
  readonly plans: ReadonlyMap<string, Quota>;
}

export const THROTTLING_OPTIONS = Symbol('ThrottlingOptions');

const MAX_LIMIT = 10_000_000;
const MAX_WINDOW_SECONDS = 86_400;

const ADDRESS: RateLimitRule = { limit: 300, windowSeconds: 60 };
const CLIENT: Quota = {
  reads: { limit: 600, windowSeconds: 60 },
  writes: { limit: 120, windowSeconds: 60 },
};
const USER: Quota = {
  reads: { limit: 300, windowSeconds: 60 },
  writes: { limit: 60, windowSeconds: 60 },
};

export function resolveThrottlingOptions(
  options: ThrottlingOptions | undefined,
  mistakes: string[],
): ResolvedThrottlingOptions {
  const {
    address = ADDRESS,
    client = CLIENT,
    apiKey = false,
    user = USER,
    plans = {},
  } = options ?? {};
  const quota = (name: string, given: QuotaOptions, otherwise: Quota): Quota =>
    Object.freeze({
      reads: rule(`${name}.reads`, given.reads ?? otherwise.reads, mistakes),
      writes: rule(`${name}.writes`, given.writes ?? otherwise.writes, mistakes),
    });

  const clientQuota = quota('client', client, CLIENT);
  return Object.freeze({
    address: address === false ? null : rule('address', { ...ADDRESS, ...address }, mistakes),
    client: clientQuota,
    apiKey: apiKey === false ? null : quota('apiKey', apiKey, clientQuota),
    user: user === false ? null : quota('user', user, USER),
    plans: new Map(
      Object.entries(plans).map(([name, plan]) => [
        name,
        quota(`plans.${name}`, plan, clientQuota),
      ]),
    ),
  });
}

function rule(name: string, given: RateLimitRule, mistakes: string[]): RateLimitRule {
  const { limit, windowSeconds } = given;
  if (!Number.isInteger(limit) || limit < 0 || limit > MAX_LIMIT) {
    mistakes.push(`throttling.${name}.limit must be a whole number from 0 to ${MAX_LIMIT}`);
  }
  if (!(windowSeconds > 0 && windowSeconds <= MAX_WINDOW_SECONDS)) {
    mistakes.push(
      `throttling.${name}.windowSeconds must be above 0 and at most ${MAX_WINDOW_SECONDS}`,
    );
  }
  return Object.freeze({ limit, windowSeconds });
}
