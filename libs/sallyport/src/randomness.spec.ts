import { BASE62, randomBase62, Randomness, SystemRandomness, uuidv7 } from './randomness.js';

/** Hands out the bytes that it was given, over and over. */
class ScriptedRandomness extends Randomness {
  private next = 0;

  constructor(private readonly script: readonly number[]) {
    super();
  }

  bytes(length: number): Buffer {
    return Buffer.from(
      Array.from({ length }, () => this.script[this.next++ % this.script.length] ?? 0),
    );
  }
}

describe('randomBase62', () => {
  it('makes each character of exactly four byte values, and none of the other eight [C71]', () => {
    const everyByte = new ScriptedRandomness(Array.from({ length: 256 }, (_, byte) => byte));
    const text = randomBase62(everyByte, 248);
    const counts = new Map<string, number>();
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect([...counts.keys()].sort().join('')).toBe(BASE62);
    expect(new Set(counts.values())).toEqual(new Set([4]));
  });

  it('goes on asking when all the bytes of a draw are thrown away', () => {
    const draws = new ScriptedRandomness([...Array<number>(60).fill(255), 61]);
    expect(randomBase62(draws, 3)).toBe('zzz');
  });

  it('spreads evenly over a long text: chi-square below the 99.99 % bound', () => {
    const length = 62_000;
    const counts = new Map<string, number>();
    for (const character of randomBase62(new SystemRandomness(), length)) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = length / 62;
    const chiSquare = Array.from(BASE62).reduce(
      (sum, character) => sum + ((counts.get(character) ?? 0) - expected) ** 2 / expected,
      0,
    );
    expect(chiSquare).toBeLessThan(112); // 61 degrees of freedom
  });

  it.each([0, 1, 16, 43])('is as long as asked: %i', (length) => {
    expect(randomBase62(new SystemRandomness(), length)).toMatch(
      new RegExp(`^[0-9A-Za-z]{${length}}$`),
    );
  });
});

describe('uuidv7', () => {
  const now = new Date('2022-02-22T19:22:22Z');

  it('is the example of RFC 9562 Appendix A.6 when chance says so [C17]', () => {
    const chance = [0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f];
    expect(uuidv7(new ScriptedRandomness(chance), now)).toBe(
      '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    );
  });

  it('keeps version and variant whatever chance says', () => {
    for (const byte of [0x00, 0xff]) {
      expect(uuidv7(new ScriptedRandomness([byte]), now)).toMatch(
        /^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
  });

  it('RFC 9562 §6.2: sorts in the order of making within one millisecond too', () => {
    const randomness = new SystemRandomness();
    const ids = Array.from({ length: 10_000 }, () => uuidv7(randomness, now));
    ids.push(uuidv7(randomness, new Date(now.getTime() + 1)));
    expect(new Set(ids).size).toBe(10_001);
    expect([...ids].sort()).toEqual(ids);
  });

  it('follows the clock again after it was set back', () => {
    const randomness = new SystemRandomness();
    uuidv7(randomness, new Date('2099-01-01T00:00:00Z'));
    expect(uuidv7(randomness, now)).toMatch(/^017f22e2-79b/);
  });

  it('sorts by the millisecond in which it was made [C17]', () => {
    const ids = Array.from({ length: 50 }, (_, index) =>
      uuidv7(new SystemRandomness(), new Date(now.getTime() + index)),
    );
    expect([...ids].sort()).toEqual(ids);
  });
});
