import { checkWhole } from '../quota.js';

/**
 * What follows beside the event: nothing; `throttle` leaves a client ten requests a minute, and an address none, for
 * as long as the rule looks back; `suspend` disables the client until someone enables it, and is `throttle` for an
 * address.
 */
export type AnomalyAction = 'report' | 'throttle' | 'suspend';

/** More than `limit` within the window. */
export interface CountRule {
  readonly limit: number;
  readonly windowSeconds: number;
  /** @default 'report' */
  readonly then?: AnomalyAction;
}

/** More in a minute than `factor` times the usual minute, and than `least`. */
export interface RiseRule {
  readonly factor: number;
  readonly least: number;
  /** @default 'report' */
  readonly then?: AnomalyAction;
}

/** Each instance judges by the requests that it has seen itself, and throttles those that it goes on to see. */
export interface AnomalyOptions {
  /**
   * Refused credentials of one address block, or of one client: its own, expired, revoked or from the wrong address. Whoever
   * holds such a one can bring this about: `suspend` is for clients that would rather stand still.
   * @default { limit: 50, windowSeconds: 300 }
   */
  readonly failures?: CountRule | false;
  /** Address blocks that one credential is used from. @default { limit: 20, windowSeconds: 3600 } */
  readonly addresses?: CountRule | false;
  /** Requests of one client beyond its own history. @default { factor: 10, least: 1000 } */
  readonly rise?: RiseRule | false;
}

type Resolved<R> = Required<R> | null;

export interface ResolvedAnomalyOptions {
  readonly failures: Resolved<CountRule>;
  readonly addresses: Resolved<CountRule>;
  readonly rise: Resolved<RiseRule>;
}

/** More blocks of one credential are not remembered. */
export const MOST_ADDRESSES = 1000;

export function resolveAnomalyOptions(
  options: AnomalyOptions | false = {},
  mistakes: string[],
): ResolvedAnomalyOptions {
  if (options === false) return { failures: null, addresses: null, rise: null };
  const {
    failures = { limit: 50, windowSeconds: 300 },
    addresses = { limit: 20, windowSeconds: 3600 },
    rise = { factor: 10, least: 1000 },
  } = options;
  const count = (name: string, rule: CountRule, most: number): Required<CountRule> => {
    checkWhole(`throttling.anomalies.${name}.limit`, rule.limit, most, mistakes, 1);
    checkWhole(
      `throttling.anomalies.${name}.windowSeconds`,
      rule.windowSeconds,
      86_400,
      mistakes,
      1,
    );
    return Object.freeze({ ...rule, then: actionOf(name, rule.then, mistakes) });
  };
  return Object.freeze({
    failures: failures === false ? null : count('failures', failures, 1_000_000),
    addresses: addresses === false ? null : count('addresses', addresses, MOST_ADDRESSES),
    rise: rise === false ? null : riseOf(rise, mistakes),
  });
}

function riseOf(rule: RiseRule, mistakes: string[]): Required<RiseRule> {
  if (!(rule.factor > 1)) mistakes.push('throttling.anomalies.rise.factor must be above 1');
  checkWhole('throttling.anomalies.rise.least', rule.least, 1_000_000_000, mistakes, 1);
  return Object.freeze({ ...rule, then: actionOf('rise', rule.then, mistakes) });
}

function actionOf(
  name: string,
  action: AnomalyAction = 'report',
  mistakes: string[],
): AnomalyAction {
  const known: readonly unknown[] = ['report', 'throttle', 'suspend'];
  if (!known.includes(action)) {
    mistakes.push(`throttling.anomalies.${name}.then must be report, throttle or suspend`);
  }
  return action;
}
