import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createPrivateKey, createPublicKey, sign, verify, type JsonWebKey } from 'node:crypto';
import {
  atOnce,
  createRevocation,
  createSharedStores,
  createSigningKeys,
  ISSUER,
} from '../../../../test/support/lives.js';
import { Sealer } from '../sealing/sealer.js';
import type { KeyState } from '../key-rotation/rotated-key.js';

const by = { actor: 'user:bob@backoffice-web', reason: 'laptop stolen' };
const day = 86_400;
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

function setUp() {
  const stores = createSharedStores();
  const service = createSigningKeys(stores);
  const kidIn = async (state: KeyState): Promise<string | undefined> =>
    (await stores.signingKeys.listCurrent()).find((key) => key.state === state)?.kid;
  const actions = async (kid: string): Promise<string[]> =>
    (await stores.changes.listByObject(kid, 10)).map(({ action }) => action);
  return { stores, service, kidIn, actions };
}

describe('SigningKeyService', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('starts with a key that signs at once and one that is published for later [C64]', async () => {
    const { service, kidIn } = setUp();
    await service.tick();
    const { kid } = await service.activeKey();
    expect(kid).toBe(await kidIn('active'));
    const published = (await service.jwks()).keys.map((key) => key.kid);
    expect(published.sort()).toEqual([kid, await kidIn('next')].sort());
  });

  it('makes its first key when one is asked for', async () => {
    const { service } = setUp();
    expect(await service.activeKey()).toMatchObject({ algorithm: 'ES256' });
  });

  it('takes a key from next to active to retiring to retired [C64]', async () => {
    const { stores, service, kidIn, actions } = setUp();
    await service.tick();
    const [first = '', second = ''] = [await kidIn('active'), await kidIn('next')];

    stores.clock.advance(30 * day);
    await service.tick();
    expect(await kidIn('retiring')).toBe(first);
    expect((await service.activeKey()).kid).toBe(second);
    expect(await actions(second)).toEqual(['signing-key.rotated']);

    stores.clock.advance(day + 360);
    await service.tick();
    expect(await kidIn('retiring')).toBeUndefined();
    expect((await service.jwks()).keys.map(({ kid }) => kid)).not.toContain(first);
    expect(await actions(first)).toEqual(['signing-key.retired', 'signing-key.issued']);
  });

  it('leaves one active and one next key after 20 parallel ticks over two instances [C64]', async () => {
    const { stores, service } = setUp();
    const instances = [service, createSigningKeys(stores)] as const;
    const tickAll = () => atOnce(20, instances, (instance) => instance.tick());
    const states = async () =>
      (await stores.signingKeys.listCurrent()).map(({ state }) => state).sort();

    await tickAll();
    expect(await states()).toEqual(['active', 'next']);
    stores.clock.advance(30 * day);
    await tickAll();
    expect(await states()).toEqual(['active', 'next', 'retiring']);
    stores.clock.advance(30 * day);
    await tickAll();
    expect(await states()).toEqual(['active', 'next', 'retiring']);
  });

  it('rotates once when 20 callers over two instances ask for it at the same moment', async () => {
    const { stores, service, kidIn } = setUp();
    await service.tick();
    const next = await kidIn('next');
    const instances = [service, createSigningKeys(stores)] as const;
    const results = await atOnce(20, instances, (instance) => instance.rotateNow(by));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await kidIn('active')).toBe(next);
  });

  it('keeps nothing of a rotation that fails half-way', async () => {
    const { stores, service, kidIn } = setUp();
    await service.tick();
    const [active, next] = [await kidIn('active'), await kidIn('next')];
    const broken = jest.spyOn(stores.changes, 'append').mockRejectedValueOnce(new Error('full'));
    await expect(service.rotateNow(by)).rejects.toThrow('full');
    broken.mockRestore();
    expect([await kidIn('active'), await kidIn('next')]).toEqual([active, next]);
    expect(await kidIn('retiring')).toBeUndefined();
  });

  it('ends a leaked key, revokes all that it signed, and signs with the next one', async () => {
    const { stores, service, kidIn } = setUp();
    await service.tick();
    const [leaked = '', next] = [await kidIn('active'), await kidIn('next')];
    expect(await service.revoke(leaked, by)).toBe(true);
    expect((await service.activeKey()).kid).toBe(next);
    expect((await service.jwks()).keys.map(({ kid }) => kid)).not.toContain(leaked);
    expect(await kidIn('next')).toBeDefined();

    const { assertNotRevoked } = createRevocation(stores);
    const token = { issuer: ISSUER, jti: 't1', sid: null, gid: null, kid: leaked, user: null };
    const issued = { issuedAt: stores.clock.now(), clientId: 'nightly-job' };
    const epochs = { user: 0, client: 0, roleVersion: 0 };
    await expect(
      assertNotRevoked({ token: { ...token, ...issued, epochs } }),
    ).rejects.toMatchObject({ code: 'ERR_CREDENTIAL_REVOKED' });
    expect(await service.revoke(leaked, by)).toBe(false);
  });

  it('ends a leaked key even when a rotation on another instance moves it at that moment', async () => {
    const { stores, service, kidIn } = setUp();
    const other = createSigningKeys(stores);
    await service.tick();
    for (let round = 0; round < 10; round += 1) {
      const leaked = (await kidIn('active')) ?? '';
      const [, revoked] = await Promise.all([other.rotateNow(by), service.revoke(leaked, by)]);
      expect(revoked).toBe(true);
      const { keys } = await createSigningKeys(stores).jwks();
      expect(keys.map(({ kid }) => kid)).not.toContain(leaked);
    }
  });

  it('says that a key is ended although the schedule cannot go on at once', async () => {
    const { stores, service, kidIn } = setUp();
    await service.tick();
    const leaked = (await kidIn('active')) ?? '';
    const list = stores.signingKeys.listCurrent.bind(stores.signingKeys);
    const reads = jest
      .spyOn(stores.signingKeys, 'listCurrent')
      .mockImplementationOnce(list)
      .mockRejectedValueOnce(new Error('the database is out of reach'));
    expect(await service.revoke(leaked, by)).toBe(true);
    expect(reads).toHaveBeenCalledTimes(2);
    expect((await service.activeKey()).kid).not.toBe(leaked);
  });

  it('revokes a key that is not in use yet, and publishes another one', async () => {
    const { service, kidIn } = setUp();
    await service.tick();
    const [active, next = ''] = [await kidIn('active'), await kidIn('next')];
    await service.revoke(next, by);
    expect(await kidIn('active')).toBe(active);
    expect(await kidIn('next')).not.toBe(next);
  });

  it('finds a key that another instance made a moment ago, but is not driven by made-up kids', async () => {
    const { stores, service } = setUp();
    await service.publicKeys();
    const { kid } = await createSigningKeys(stores).activeKey();
    expect((await service.publicKeys(kid)).map((key) => key.kid)).toContain(kid);

    const reads = jest.spyOn(stores.signingKeys, 'listCurrent');
    stores.clock.advance(0.2);
    for (let count = 0; count < 100; count += 1)
      await service.publicKeys(`made-up ${count.toString()}`);
    expect(reads.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)(
    'publishes no private member of an %s key, and stores none in clear',
    async (algorithm) => {
      const stores = createSharedStores();
      const service = createSigningKeys(stores, { algorithm });
      const { privateKey, kid } = await service.activeKey();
      const { keys } = await service.jwks();
      for (const key of keys) {
        expect(Object.keys(key)).not.toEqual(expect.arrayContaining(privateMembers));
        expect(privateMembers.filter((member) => member in key)).toEqual([]);
        expect(key).toMatchObject({ alg: algorithm, use: 'sig' });
      }
      const secret = privateKey.export({ format: 'jwk' }).d ?? '';
      expect(secret).not.toBe('');
      expect(JSON.stringify(await stores.signingKeys.listCurrent())).not.toContain(secret);
      const published = keys.find((key) => key.kid === kid) as JsonWebKey;
      const publicKey = createPublicKey({ key: published, format: 'jwk' });
      const digest = algorithm === 'EdDSA' ? null : 'sha256';
      const signature = sign(digest, Buffer.from('text'), privateKey);
      expect(verify(digest, Buffer.from('text'), publicKey, signature)).toBe(true);
    },
  );

  it('gives the engine the active key first, then the next, then the retiring ones [C64]', async () => {
    const { stores, service } = setUp();
    await service.tick();
    for (let round = 0; round < 2; round += 1) await service.rotateNow(by);
    const keys = await service.signingKeys();
    expect(keys.map(({ state }) => state)).toEqual(['active', 'next', 'retiring', 'retiring']);
    expect(keys[0]?.kid).toBe((await service.activeKey()).kid);
    const stored = await stores.signingKeys.listCurrent();
    expect(keys.map(({ kid }) => kid).sort()).toEqual(stored.map(({ kid }) => kid).sort());
  });

  it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)(
    'gives the engine %s keys that sign what the published ones verify',
    async (algorithm) => {
      const service = createSigningKeys(createSharedStores(), { algorithm });
      const keys = await service.signingKeys();
      const published = (await service.jwks()).keys;
      expect(keys).toHaveLength(2);
      for (const { kid, privateKey } of keys) {
        const publicJwk = published.find((key) => key.kid === kid) as JsonWebKey;
        const digest = algorithm === 'EdDSA' ? null : 'sha256';
        const signature = sign(digest, Buffer.from('text'), privateKey);
        const verifier = { key: publicJwk, format: 'jwk' } as const;
        expect(verify(digest, Buffer.from('text'), verifier, signature)).toBe(true);
      }
    },
  );

  it('gives the engine the same array until a key moves, and unseals each key once', async () => {
    const { stores, service } = setUp();
    const unsealed = jest.spyOn(Sealer.prototype, 'open');
    try {
      const before = await service.signingKeys();
      stores.clock.advance(1);
      expect(await service.signingKeys()).toBe(before);
      expect(unsealed).toHaveBeenCalledTimes(2);

      await service.rotateNow(by);
      const after = await service.signingKeys();
      expect(after).not.toBe(before);
      expect(after.map(({ state }) => state)).toEqual(['active', 'next', 'retiring']);
      expect(after[2]?.privateKey).toBe(before[0]?.privateKey);
      expect(unsealed).toHaveBeenCalledTimes(3);
    } finally {
      unsealed.mockRestore();
    }
  });

  it('gives the engine no key that has leaked', async () => {
    const { service, kidIn } = setUp();
    await service.tick();
    const leaked = (await kidIn('active')) ?? '';
    expect((await service.signingKeys()).map(({ kid }) => kid)).toContain(leaked);
    await service.revoke(leaked, by);
    expect((await service.signingKeys()).map(({ kid }) => kid)).not.toContain(leaked);
  });

  it('gives out no keys while none of them may sign', async () => {
    const { stores, service } = setUp();
    await service.tick();
    const next = (await stores.signingKeys.listCurrent()).filter(({ state }) => state === 'next');
    const other = createSigningKeys(stores);
    jest.spyOn(stores.signingKeys, 'listCurrent').mockResolvedValue(next);
    jest.spyOn(other, 'tick').mockResolvedValue();
    for (const call of [other.signingKeys(), other.activeKey()]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_KEYS_UNAVAILABLE' });
    }
  });

  it('publishes no private member even if the record had one', async () => {
    const { stores, service } = setUp();
    await service.tick();
    const [stored] = await stores.signingKeys.listCurrent();
    if (stored === undefined) throw new TypeError('no key');
    const publicJwk = { ...stored.publicJwk, d: 'secret' };
    jest.spyOn(stores.signingKeys, 'listCurrent').mockResolvedValue([{ ...stored, publicJwk }]);
    stores.clock.advance(1);
    expect(JSON.stringify(await service.jwks())).not.toContain('secret');
  });

  it('refuses a sealed key that was moved to the row of another one', async () => {
    const { stores, service } = setUp();
    await service.tick();
    const [one, two] = await stores.signingKeys.listCurrent();
    if (one === undefined || two === undefined) throw new TypeError('two keys wanted');
    const moved = { ...one, state: 'active' as const, sealedPrivateJwk: two.sealedPrivateJwk };
    jest.spyOn(stores.signingKeys, 'listCurrent').mockResolvedValue([moved]);
    await expect(createSigningKeys(stores).activeKey()).rejects.toMatchObject({
      code: 'ERR_SEAL_BROKEN',
    });
    expect(() => createPrivateKey(two.sealedPrivateJwk)).toThrow();
  });

  it('keeps its schedule from start to shutdown, and survives a store that is away', async () => {
    const { stores, service, kidIn } = setUp();
    jest.spyOn(stores.signingKeys, 'listCurrent').mockRejectedValueOnce(new Error('away'));
    await service.onApplicationBootstrap();
    expect(await kidIn('active')).toBeUndefined();
    await service.tick();
    expect(await kidIn('active')).toBeDefined();
    await service.beforeApplicationShutdown();
  });
});
