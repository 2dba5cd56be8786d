import { jwtVerify, createLocalJWKSet, SignJWT } from 'jose';
import {
  createSharedStores,
  createSigningKeys,
  type SharedStores,
} from '../../../../test/support/lives.js';
import type { SigningKeyService } from './signing-key.service.js';

/** NumericDate of RFC 7519 §2. */
const secondsOf = (instant: Date): number => Math.floor(instant.getTime() / 1000);

const CACHE_SECONDS = 300;
const STEP_SECONDS = 50;
const LIFETIME_SECONDS = 1200;
const schedule = { rotateAfterSeconds: 1800, publishBeforeUseSeconds: 300 };

interface Token {
  readonly text: string;
  readonly expiresAt: number;
}

/** Keeps the set as long as it may, and never fetches it sooner for an unknown kid. */
class StubbornVerifier {
  private fetchedAt = 0;
  private keys: ReturnType<typeof createLocalJWKSet> = createLocalJWKSet({ keys: [] });

  constructor(
    private readonly service: SigningKeyService,
    private readonly stores: SharedStores,
  ) {}

  async accepts(token: Token): Promise<boolean> {
    const currentDate = this.stores.clock.now();
    if (secondsOf(currentDate) - this.fetchedAt >= CACHE_SECONDS) {
      this.keys = createLocalJWKSet(await this.service.jwks());
      this.fetchedAt = secondsOf(currentDate);
    }
    return jwtVerify(token.text, this.keys, { currentDate }).then(
      () => true,
      () => false,
    );
  }
}

async function issue(service: SigningKeyService, now: number): Promise<Token> {
  const { kid, algorithm, privateKey } = await service.activeKey();
  const expiresAt = now + LIFETIME_SECONDS;
  const text = await new SignJWT({ exp: expiresAt })
    .setProtectedHeader({ alg: algorithm, kid })
    .sign(privateKey);
  return { text, expiresAt };
}

describe('rotation of signing keys', () => {
  it('refuses no valid token to verifiers that cache the set, through three rotations [W4] [C64]', async () => {
    const stores = createSharedStores();
    const instances = [0, 1].map(() => createSigningKeys(stores, schedule, LIFETIME_SECONDS));
    const [first, second] = instances as [SigningKeyService, SigningKeyService];
    await first.tick();
    const verifiers: StubbornVerifier[] = [];
    let tokens: Token[] = [];
    let refused = 0;
    const signers = new Set<string>();

    for (let step = 0; step * STEP_SECONDS < 3.5 * schedule.rotateAfterSeconds; step += 1) {
      const [signer, other] = step % 2 === 0 ? [first, second] : [second, first];
      // One verifier starts at each step, so that every age of a cached set meets every rotation.
      if (verifiers.length * STEP_SECONDS < CACHE_SECONDS) {
        verifiers.push(new StubbornVerifier(other, stores));
      }
      if (step % 3 === 0) await other.tick();
      const now = secondsOf(stores.clock.now());
      tokens = [...tokens, await issue(signer, now)].filter(({ expiresAt }) => expiresAt > now);
      signers.add((await signer.activeKey()).kid);
      for (const verifier of verifiers) {
        for (const token of tokens) refused += (await verifier.accepts(token)) ? 0 : 1;
      }
      stores.clock.advance(STEP_SECONDS);
    }
    expect(signers.size).toBe(4);
    expect(refused).toBe(0);
  });
});
