import { createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';
import {
  createEncryptionKeys,
  createSharedStores,
  type SharedStores,
} from '../../../../test/support/lives.js';
import { decryptJwe, encryptJwe, parseCompactJwe } from '../encryption/compact-jwe.js';
import type { EncryptionKeyService } from './encryption-key.service.js';

/** How long an authorization server of ours keeps a set while it cannot fetch another. */
const CACHE_SECONDS = 87_000;
const LIFETIME_SECONDS = 86_400;
const STEP_SECONDS = 6_000;
const ROTATE_SECONDS = 30_000;

/** Keeps the key as long as it may. */
class StubbornEncryptor {
  private fetchedAt = -Infinity;
  private jwk: JWK = {};

  constructor(
    private readonly service: EncryptionKeyService,
    private readonly stores: SharedStores,
    /** So that every age of a kept key meets every rotation. */
    private readonly keepsSeconds: number,
  ) {}

  async encrypt(): Promise<string> {
    const now = this.stores.clock.milliseconds() / 1000;
    if (now - this.fetchedAt >= this.keepsSeconds) {
      this.jwk = (await this.service.current()) ?? {};
      this.fetchedAt = now;
    }
    const key = createPublicKey({ format: 'jwk', key: this.jwk });
    return encryptJwe(Buffer.from('token'), key, { alg: 'ECDH-ES', kid: this.jwk.kid ?? '' });
  }
}

async function isRead(service: EncryptionKeyService, text: string): Promise<boolean> {
  const jwe = parseCompactJwe(text, (flaw) => new Error(flaw));
  const key = await service.find(jwe.kid ?? '');
  return key !== null && (await decryptJwe(jwe, key)) !== null;
}

describe('rotation of encryption keys', () => {
  it('leaves nothing unread that lives, whoever kept the set for how long, through ten rotations [W4] [C61] [C64]', async () => {
    const stores = createSharedStores();
    const options = { rotateAfterSeconds: ROTATE_SECONDS };
    const [first, second] = [
      createEncryptionKeys(stores, options),
      createEncryptionKeys(stores, options),
    ] as const;
    const encryptors = [0, 10_000, 50_000, CACHE_SECONDS].map(
      (keeps) => new StubbornEncryptor(first, stores, keeps),
    );
    let living: { text: string; until: number }[] = [];
    const kids = new Set<string | undefined>();
    let unread = 0;

    for (let passed = 0; passed < 10.5 * ROTATE_SECONDS; passed += STEP_SECONDS) {
      await (passed % (2 * STEP_SECONDS) === 0 ? first : second).tick();
      kids.add((await first.current())?.kid);
      for (const encryptor of encryptors) {
        living.push({ text: await encryptor.encrypt(), until: passed + LIFETIME_SECONDS });
      }
      living = living.filter(({ until }) => until > passed);
      for (const { text } of living) {
        for (const service of [first, second]) unread += (await isRead(service, text)) ? 0 : 1;
      }
      stores.clock.advance(STEP_SECONDS);
    }
    expect(kids.size).toBe(11);
    expect(unread).toBe(0);
    // What nobody needs any more is gone.
    expect((await stores.encryptionKeys.listCurrent()).length).toBeLessThanOrEqual(8);
  });
});
