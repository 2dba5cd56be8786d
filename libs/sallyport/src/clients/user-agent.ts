import type { UserAgentRule } from './client.js';

const PRODUCT = /([\w!#$%&'*+.^`|~-]{1,64})\/(\d{1,9}(?:\.\d{1,9}){0,3})(?=[\s;(]|$)/g;
const MAX_LENGTH = 1_024;

/** One to four numbers with dots between. */
export const isVersion = (text: string): boolean => /^\d{1,9}(\.\d{1,9}){0,3}$/.test(text);

/**
 * Whether `User-Agent` (RFC 9110 §10.1.5) is let in by the rule: it must name the product with a version. A weak
 * signal, since anyone can write it; it turns away leaked builds and honest old versions, not attackers.
 */
export function isAcceptedUserAgent(rule: UserAgentRule, userAgent: string | undefined): boolean {
  const versions = [...(userAgent ?? '').slice(0, MAX_LENGTH).matchAll(PRODUCT)]
    .filter(([, product]) => product?.toLowerCase() === rule.product.toLowerCase())
    .map(([, , version]) => version ?? '');
  const [version] = versions;
  // Two versions of one product are a contradiction, not a choice.
  if (version === undefined || versions.length > 1) return false;
  if (rule.refusedVersions?.some((refused) => compareVersions(refused, version) === 0))
    return false;
  return rule.minimumVersion === undefined || compareVersions(version, rule.minimumVersion) >= 0;
}

/** Number by number; what is missing counts as 0, so that 2.3 is 2.3.0. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let part = 0; part < 4; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
