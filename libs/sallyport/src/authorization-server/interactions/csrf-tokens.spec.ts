import { randomBytes } from 'node:crypto';
import { SystemRandomness } from '../../randomness.js';
import { Sealer } from '../../sealing/sealer.js';
import { CsrfTokens } from './csrf-tokens.js';

const [first, second] = ['a', 'b'].map((kid) => ({ kid, key: randomBytes(32) }));
const tokensOf = (...keys: (typeof first)[]): CsrfTokens =>
  new CsrfTokens(
    new Sealer(
      keys.filter((key) => key !== undefined),
      new SystemRandomness(),
    ),
  );

describe('CsrfTokens', () => {
  const tokens = tokensOf(first);

  it('knows its own token again, on every instance', () => {
    expect(tokensOf(first).verify('u1', tokens.issue('u1'))).toBe(true);
  });

  it('refuses the token of another interaction', () => {
    expect(tokens.verify('u2', tokens.issue('u1'))).toBe(false);
  });

  it.each(['', 'x', 'AAAA', '☃', 'u1'])('refuses %j', (token) => {
    expect(tokens.verify('u1', token)).toBe(false);
  });

  it('refuses a token that is cut, prolonged or changed', () => {
    const token = tokens.issue('u1');
    const changed = (token.startsWith('A') ? 'B' : 'A') + token.slice(1);
    for (const other of [token.slice(0, -2), `${token}AAAA`, changed]) {
      expect(tokens.verify('u1', other)).toBe(false);
    }
  });

  it('goes on accepting forms that were shown before the keys were rotated', () => {
    const rotated = tokensOf(second, first);
    expect(rotated.verify('u1', tokens.issue('u1'))).toBe(true);
    expect(tokens.verify('u1', rotated.issue('u1'))).toBe(false);
  });
});
