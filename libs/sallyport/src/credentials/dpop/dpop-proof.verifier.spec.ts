import { hash } from 'node:crypto';
import { ProofMaker } from '../../../../../test/support/dpop-proof.js';
import { ReplayStore } from '../../ephemeral/replay.store.js';
import { SystemRandomness } from '../../randomness.js';
import { Sealer } from '../../sealing/sealer.js';
import { FrozenClock } from '../../testing/frozen-clock.js';
import { DpopNonces } from './dpop-nonces.js';
import { DpopProofVerifier } from './dpop-proof.verifier.js';
import { resolveDpopOptions, type DpopOptions } from './dpop.options.js';

/** Remembers for how long it was asked to. */
class ListeningStore extends ReplayStore {
  readonly asked: { readonly id: string; readonly seconds: number }[] = [];

  override async claim(_kind: string, id: string, seconds: number): Promise<boolean> {
    this.asked.push({ id, seconds });
    return true;
  }
}

const NOW = new Date('2030-01-01T00:00:00Z');
const SKEW = 30;

describe('DpopProofVerifier', () => {
  const store = new ListeningStore();
  const sealer = new Sealer([{ kid: 'a', key: Buffer.alloc(32) }], new SystemRandomness());
  let key: ProofMaker;

  const verify = async (options: DpopOptions, claims: object): Promise<number> => {
    const clock = new FrozenClock(NOW);
    const nonces = new DpopNonces(sealer, clock);
    const resolved = resolveDpopOptions(options, SKEW, []);
    const verifier = new DpopProofVerifier(resolved, nonces, store, clock);
    const right = { htm: 'GET', htu: 'https://api.test/a', ath: hash('sha256', 't', 'base64url') };
    const proof = await key.proof({ ...right, nonce: nonces.current(), ...claims });
    const targetUri = 'https://api.test/a';
    await verifier.verify(proof, { method: 'GET', targetUri, accessToken: 't', jkt: key.jkt });
    return store.asked.at(-1)?.seconds ?? NaN;
  };
  const secondsFromNow = (seconds: number) => NOW.getTime() / 1000 + seconds;

  beforeAll(async () => {
    key = await ProofMaker.create();
  });

  it('remembers a proof for as long as an instance whose clock is behind would take it', async () => {
    for (const age of [-SKEW, 0, 60 + SKEW]) {
      const remembered = await verify({}, { iat: secondsFromNow(-age) });
      expect(remembered).toBeGreaterThan(60 + 2 * SKEW - age);
      expect(remembered).toBeLessThan(60 + 2 * SKEW - age + 2);
    }
    expect(await verify({ requireNonce: true }, { iat: 0 })).toBe(300 + SKEW);
  });

  it('remembers it by its key and jti, not by its signature, of which there are several for one text', async () => {
    for (let n = 0; n < 2; n += 1) await verify({}, { jti: 'one', iat: secondsFromNow(0) });
    const [first, second] = store.asked.slice(-2);
    expect(first?.id).toBe(`${key.jkt} one`);
    expect(second?.id).toBe(first?.id);
  });

  it.each<[DpopOptions, string]>([
    [{ algorithms: [] }, 'dpop.algorithms'],
    [{ algorithms: ['HS256' as 'ES256'] }, 'dpop.algorithms'],
    [{ maxAgeSeconds: 0 }, 'dpop.maxAgeSeconds'],
    [{ maxAgeSeconds: 301 }, 'dpop.maxAgeSeconds'],
    [{ requireNonce: 'false' as unknown as boolean }, 'dpop.requireNonce'],
  ])('is not made with the options %j', (options, name) => {
    const mistakes: string[] = [];
    resolveDpopOptions(options, SKEW, mistakes);
    expect(mistakes).toEqual([expect.stringContaining(name)]);
  });
});
