import { addSeconds } from '../clock.js';
import { dueSteps } from './rotation-schedule.js';
import {
  resolveSigningKeyOptions,
  type SigningKeyOptions,
} from '../signing-keys/signing-key.options.js';
import type { KeyState, RotatedKey } from './rotated-key.js';

const now = new Date('2030-01-01T00:00:00Z');
const day = 86_400;
const ownTokens = {
  issuer: 'https://api.example.com/oauth',
  maxTokenLifetimeSeconds: day,
  clockSkewSeconds: 30,
};
const options = resolveSigningKeyOptions({}, ownTokens, []);

const key = (state: KeyState, ageSeconds: number): RotatedKey => ({
  kid: `${state} of ${ageSeconds.toString()}`,
  algorithm: 'ES256',
  state,
  publicJwk: {},
  sealedPrivateJwk: '',
  createdAt: addSeconds(now, -ageSeconds),
  stateSince: addSeconds(now, -ageSeconds),
});

const stepFor = (...keys: RotatedKey[]) => dueSteps(keys, now, options).step;

describe('the schedule of keys', () => {
  it.each([
    ['begins without any key', [], 'begin'],
    ['begins when all keys but retiring ones are gone', [key('retiring', 5)], 'begin'],
    ['lets keys be that are young', [key('active', day), key('next', day)], null],
    ['makes the next key ready', [key('active', 5)], 'prepare'],
    ['rotates after 30 days', [key('active', 30 * day), key('next', 30 * day)], 'promote'],
    ['does not rotate a second sooner', [key('active', 30 * day - 1), key('next', day)], null],
    ['publishes a key for a day first', [key('active', 40 * day), key('next', day - 1)], null],
    ['has a young key sign when there is no other', [key('next', 5)], 'promote'],
  ] as const)('%s', (_, keys, step) => {
    expect(stepFor(...keys)).toBe(step);
  });

  it('retires a key when no token that it signed can be alive', () => {
    const keys = [key('retiring', day + 30), key('retiring', day + 360), key('active', 90 * day)];
    expect(dueSteps(keys, now, options).retire).toEqual([key('retiring', day + 360)]);
  });
});

describe('resolveSigningKeyOptions', () => {
  it.each([
    [{ algorithm: 'HS256' } as unknown as SigningKeyOptions, 'algorithm'],
    [{ publishBeforeUseSeconds: 299 }, 'publishBeforeUseSeconds'],
    [{ rotateAfterSeconds: 3600 }, 'rotateAfterSeconds'],
    [{ rotateAfterSeconds: Number.NaN }, 'rotateAfterSeconds'],
    [{ retireAfterSeconds: day }, 'retireAfterSeconds'],
    [{ checkEverySeconds: 0 }, 'checkEverySeconds'],
  ])('reports the mistake in %j', (given, name) => {
    const mistakes: string[] = [];
    resolveSigningKeyOptions(given, ownTokens, mistakes);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(`signingKeys.${name}`);
  });

  it('keeps a key until the longest living token that it signed has expired', () => {
    expect(options.retireAfterSeconds).toBeGreaterThan(day + 30);
  });
});
