import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { callerOf } from '../testing/acting-as.js';
import { AdmittedCaller } from './admitted-caller.js';
import type { CallerSignals } from './caller-signals.js';
import type { Verified } from './verified.js';

setFlagsFromString('--allow-natives-syntax');
const haveSameShape = runInThisContext('(a, b) => %HaveSameMap(a, b) && %HasFastProperties(a)') as (
  a: object,
  b: object,
) => boolean;

const { signal } = new AbortController();
const signals = { of: () => signal } as unknown as CallerSignals;

function admit(user?: string, verified: readonly Verified[] = []): AdmittedCaller {
  const acting = { client: 'shop', scope: ['a'], ...(user !== undefined && { user }) };
  const { signal: _, ...parts } = callerOf(acting);
  return new AdmittedCaller(parts, verified, signals);
}

describe('AdmittedCaller', () => {
  it('has the same shape whoever calls, or every stage that reads one is slow', () => {
    expect(haveSameShape(admit('alice'), admit('bob'))).toBe(true);
    expect(haveSameShape({ a: 1 }, { b: 1 })).toBe(false);
  });

  it('stays as it is, and does not hand its signal on to whoever copies it', () => {
    const caller = admit('alice');
    expect(Object.isFrozen(caller)).toBe(true);
    expect(caller.signal).toBe(signal);
    expect(Object.keys(caller)).not.toContain('signal');
    expect(JSON.parse(JSON.stringify(caller))).not.toHaveProperty('signal');
  });

  it('knows what it came with, and nothing of a caller that was made elsewhere', () => {
    const verified = [{}] as unknown as readonly Verified[];
    expect(AdmittedCaller.credentialsOf(admit('alice', verified))).toBe(verified);
    expect(AdmittedCaller.credentialsOf(callerOf({ client: 'shop' }))).toEqual([]);
  });
});
