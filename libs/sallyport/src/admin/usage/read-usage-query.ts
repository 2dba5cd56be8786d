import { invalidInput, quoted } from '../../input.js';
import { USAGE_DIMENSIONS, type UsageDimension, type UsageQuery } from '../../usage/usage-query.js';
import type { UsageDimensions } from '../../usage/usage.js';
import type { UsageRangeDto } from './usage.dto.js';

type Range = Omit<UsageQuery, 'limit' | 'after'>;

/** From what was sent to what is asked. Throws ERR_INPUT_INVALID for what has the right form and no meaning. */
export function readRange(asked: UsageRangeDto, defaultIssuer: string): Range {
  return {
    granularity: asked.granularity,
    from: instantOf('from', asked.from),
    to: instantOf('to', asked.to),
    groupBy: groupsOf(asked.groupBy),
    filter: filterOf(asked, defaultIssuer),
  };
}

function instantOf(name: string, text: string): Date {
  const instant = new Date(text.toUpperCase());
  const day = text.slice(0, 10);
  // A day that there is not becomes one of the next month.
  const isDay = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(instant.getTime()) || !isDay.toJSON().startsWith(day)) {
    throw invalidInput(`${name} is no instant that there is: ${quoted(text)}`);
  }
  return instant;
}

function groupsOf(text: string | undefined): readonly UsageDimension[] {
  const names = text?.split(',') ?? [];
  for (const [index, name] of names.entries()) {
    if (!isGroup(name)) {
      throw invalidInput(`groupBy must name any of ${USAGE_DIMENSIONS.join(', ')}`);
    }
    if (names.indexOf(name) !== index) throw invalidInput(`groupBy names ${name} twice`);
  }
  return names.filter(isGroup);
}

const isGroup = (name: string): name is UsageDimension =>
  (USAGE_DIMENSIONS as readonly string[]).includes(name);

function filterOf(asked: UsageRangeDto, defaultIssuer: string): Partial<UsageDimensions> {
  const { clientId, apiKeyId, route, method, status, refusal, address, country, userAgent } = asked;
  const given = { clientId, apiKeyId, route, method, status, refusal, address, country, userAgent };
  const { sub, iss } = asked;
  if (sub === undefined && iss !== undefined) throw invalidInput('iss is of no use without sub');
  const user =
    sub === undefined
      ? {}
      : { userSubject: sub, userIssuer: sub === '' ? '' : (iss ?? defaultIssuer) };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), ...user };
}
