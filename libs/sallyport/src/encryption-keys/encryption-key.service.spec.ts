import { createPublicKey } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { importJWK, type JWK } from 'jose';
import {
  atOnce,
  createEncryptionKeys,
  createSharedStores,
  createSigningKeys,
} from '../../../../test/support/lives.js';
import { decryptJwe, encryptJwe, parseCompactJwe } from '../encryption/compact-jwe.js';
import type { KeyState } from '../key-rotation/rotated-key.js';
import { Sealer } from '../sealing/sealer.js';
import type { EncryptionKeyService } from './encryption-key.service.js';

const by = { actor: 'user:bob@backoffice-web', reason: 'laptop stolen' };
const day = 86_400;
const message = Buffer.from('for you alone');

function setUp() {
  const stores = createSharedStores();
  const service = createEncryptionKeys(stores);
  const kidIn = async (state: KeyState): Promise<string | undefined> =>
    (await stores.encryptionKeys.listCurrent()).find((key) => key.state === state)?.kid;
  const actions = async (kid: string): Promise<string[]> =>
    (await stores.changes.listByObject(kid, 10)).map(({ action }) => action);
  return { stores, service, kidIn, actions };
}

async function encryptTo(jwk: JWK | null): Promise<string> {
  const key = createPublicKey({ format: 'jwk', key: jwk ?? {} });
  return encryptJwe(message, key, { alg: 'ECDH-ES', kid: jwk?.kid ?? '' });
}

async function read(service: EncryptionKeyService, text: string): Promise<string | null> {
  const jwe = parseCompactJwe(text, (flaw) => new Error(flaw));
  const key = await service.find(jwe.kid ?? '');
  return key === null ? null : ((await decryptJwe(jwe, key))?.toString() ?? null);
}

describe('EncryptionKeyService', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  it('publishes the active key alone, for encryption, without a private member [C61]', async () => {
    const { service, kidIn } = setUp();
    const jwk = await service.current();
    expect(jwk).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: expect.any(String) as string,
      y: expect.any(String) as string,
      kid: await kidIn('active'),
      alg: 'ECDH-ES',
      use: 'enc',
    });
    expect(await importJWK(jwk ?? {})).toBeDefined();
    expect(await service.current()).toBe(jwk);
  });

  it('reads what was encrypted to it, on another instance too', async () => {
    const { stores, service } = setUp();
    const text = await encryptTo(await service.current());
    expect(await read(service, text)).toBe(message.toString());
    expect(await read(createEncryptionKeys(stores), text)).toBe(message.toString());
  });

  it('makes no key where no option asks for them', async () => {
    const stores = createSharedStores();
    const service = createEncryptionKeys(stores, false);
    await service.onApplicationBootstrap();
    await service.tick();
    expect(await service.rotateNow(by)).toBe(false);
    expect(await service.current()).toBeNull();
    expect(await service.find('any')).toBeNull();
    expect(await stores.encryptionKeys.listCurrent()).toEqual([]);
  });

  it('takes a key from active to retiring, when it still reads, to retired [C64]', async () => {
    const { stores, service, kidIn, actions } = setUp();
    const first = await service.current();
    const text = await encryptTo(first);
    stores.clock.advance(30 * day);
    await service.tick();
    expect(await kidIn('retiring')).toBe(first?.kid);
    expect((await service.current())?.kid).not.toBe(first?.kid);
    expect(await read(service, text)).toBe(message.toString());
    // Kept by an encryptor for a day and ten minutes, and a token that lives for a day.
    stores.clock.advance(2 * day + 659);
    await service.tick();
    expect(await read(service, text)).toBe(message.toString());
    stores.clock.advance(1);
    await service.tick();
    expect(await read(service, text)).toBeNull();
    expect(await actions(first?.kid ?? '')).toEqual([
      'encryption-key.retired',
      'encryption-key.issued',
    ]);
  });

  it('knows the next key on every instance before it is published', async () => {
    const { stores, service } = setUp();
    const other = createEncryptionKeys(stores);
    await service.current();
    await other.current();
    await service.rotateNow(by);
    // Within the half second in which the other one goes on by what it knows.
    const text = await encryptTo(await service.current());
    expect(await read(other, text)).toBe(message.toString());
  });

  it('ends a leaked key at once, and publishes the next', async () => {
    const { stores, service, kidIn, actions } = setUp();
    const other = createEncryptionKeys(stores);
    const leaked = await service.current();
    const next = await kidIn('next');
    const text = await encryptTo(leaked);
    expect(await read(other, text)).toBe(message.toString());
    expect(await service.revoke(leaked?.kid ?? '', by)).toBe(true);
    expect((await service.current())?.kid).toBe(next);
    expect(await read(service, text)).toBeNull();
    stores.clock.advance(1.001);
    expect(await read(other, text)).toBeNull();
    expect(await actions(leaked?.kid ?? '')).toContain('encryption-key.revoked');
    expect(await service.revoke(leaked?.kid ?? '', by)).toBe(false);
  });

  it('leaves one active and one next key after 20 parallel ticks over two instances', async () => {
    const { stores, service } = setUp();
    const instances = [service, createEncryptionKeys(stores)] as const;
    for (const expected of [
      ['active', 'next'],
      ['active', 'next', 'retiring'],
    ]) {
      await atOnce(20, instances, (instance) => instance.tick());
      const keys = await stores.encryptionKeys.listCurrent();
      expect(keys.map(({ state }) => state).sort()).toEqual(expected);
      stores.clock.advance(30 * day);
    }
  });

  it('has other keys than those that sign: neither is found among the other', async () => {
    const { stores, service } = setUp();
    const signing = createSigningKeys(stores);
    const { kid } = await signing.activeKey();
    const encryption = await service.current();
    expect(await service.find(kid)).toBeNull();
    expect((await signing.publicKeys(encryption?.kid)).map((key) => key.kid)).not.toContain(
      encryption?.kid,
    );
  });

  it('seals the private part for its own place', async () => {
    const { stores, service } = setUp();
    await service.tick();
    const [key] = await stores.encryptionKeys.listCurrent();
    const sealer = new Sealer([stores.kek], stores.randomness);
    const place = { table: 'encryption_keys', row: key?.kid ?? '', column: 'private_jwk' };
    expect(JSON.parse(sealer.open(key?.sealedPrivateJwk ?? '', place))).toHaveProperty('d');
    expect(JSON.stringify(key)).not.toContain('"d":');
    expect(() =>
      sealer.open(key?.sealedPrivateJwk ?? '', { ...place, table: 'signing_keys' }),
    ).toThrow('changed or moved');
  });
});
