import { Sealer } from '../../sealing/sealer.js';
import { SystemRandomness } from '../../randomness.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { DpopNonces } from './dpop-nonces.js';

const kek = (kid: string) => ({ kid, key: Buffer.alloc(32, kid) });
const sealer = (...kids: readonly string[]) => new Sealer(kids.map(kek), new SystemRandomness());

describe('DpopNonces', () => {
  const clock = new FrozenClock(new Date('2030-01-01T00:00:30Z'));
  const nonces = new DpopNonces(sealer('a'), clock);

  it('are the same on every instance, and another every minute', () => {
    const first = nonces.current();
    expect(new DpopNonces(sealer('a'), clock).current()).toBe(first);
    clock.advance(60);
    expect(nonces.current()).not.toBe(first);
    expect(nonces.accepts(first)).toBe(true);
  });

  it('are taken for three minutes at least, and five at most', () => {
    const nonce = nonces.current();
    clock.advance(180);
    expect(nonces.accepts(nonce)).toBe(true);
    clock.advance(120);
    expect(nonces.accepts(nonce)).toBe(false);
  });

  it('are taken from an instance whose clock is two minutes off', () => {
    const [ahead, behind] = [120, -120].map((seconds) => {
      const other = new FrozenClock(clock.now());
      other.advance(seconds);
      return new DpopNonces(sealer('a'), other);
    });
    expect(behind && nonces.accepts(behind.current())).toBe(true);
    expect(ahead?.accepts(nonces.current())).toBe(true);
  });

  it('stay right when a new key-encryption key is put in front', () => {
    const rotated = new DpopNonces(sealer('b', 'a'), clock);
    expect(rotated.accepts(nonces.current())).toBe(true);
    expect(nonces.accepts(rotated.current())).toBe(false);
    expect(new DpopNonces(sealer('b'), clock).accepts(nonces.current())).toBe(false);
  });

  it.each(['', 'x', 'x'.repeat(43), 'é'.repeat(43), 'A'.repeat(100_000)])(
    'are none of ours: %#',
    (text) => {
      expect(nonces.accepts(text)).toBe(false);
    },
  );
});
