import { generateKeyPairSync } from 'node:crypto';
import { jest } from '@jest/globals';
import type { JWK } from 'jose';
import {
  createKeysAndClients,
  operator,
  refusalOf,
  type KeysAndClients,
} from '../../../../test/support/keys-and-clients.js';
import { hashSecret } from '../hashing/secret-hash.js';

const DAY = 86_400;

describe('ClientSecretService', () => {
  let lives: KeysAndClients;
  beforeEach(async () => {
    lives = createKeysAndClients();
    await lives.register();
  });

  const issue = () => lives.secrets.issue('shop', operator);
  const isGood = async (plaintext: string, clientId = 'shop') =>
    (await lives.secrets.verify(clientId, plaintext)) !== null;

  it('hands out 256 random bits once and keeps only their hash [C76] [W5]', async () => {
    const { secret, plaintext } = await issue();
    expect(plaintext).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(secret.secretHash).toBe(hashSecret(plaintext));
    const kept = JSON.stringify([
      await lives.secrets.list('shop'),
      await lives.changes.listByObject(secret.id, 10),
    ]);
    expect(kept).not.toContain(plaintext);
    expect(await lives.secrets.verify('shop', plaintext)).toEqual(secret);
  });

  it.each(['', 'x', '0'.repeat(43), '0'.repeat(64), 'a'.repeat(100_000), '\0'])(
    'refuses another text: %#',
    async (text) => {
      await issue();
      expect(await isGood(text)).toBe(false);
    },
  );

  it('does not take the hash for the secret', async () => {
    const { secret } = await issue();
    expect(await isGood(secret.secretHash)).toBe(false);
  });

  it('does not take the secret of one client for another', async () => {
    const { plaintext } = await issue();
    await lives.register({ clientId: 'other' });
    expect(await isGood(plaintext, 'other')).toBe(false);
    expect(await isGood(plaintext, 'nobody')).toBe(false);
  });

  it('keeps several secrets valid at once [C79]', async () => {
    const issued = [await issue(), await issue(), await issue()];
    for (const { plaintext } of issued) expect(await isGood(plaintext)).toBe(true);
    const ids = (await lives.secrets.list('shop')).map(({ id }) => id);
    expect(ids.sort()).toEqual(issued.map(({ secret }) => secret.id).sort());
  });

  it('lets the others go on for the overlap after a rotation, and no longer [C79]', async () => {
    const [first, second] = [await issue(), await issue()];
    const third = await lives.secrets.rotate('shop', operator, { overlapSeconds: 60 });
    lives.clock.advance(59);
    for (const { plaintext } of [first, second, third]) expect(await isGood(plaintext)).toBe(true);
    lives.clock.advance(1);
    for (const { plaintext } of [first, second]) expect(await isGood(plaintext)).toBe(false);
    expect(await isGood(third.plaintext)).toBe(true);
  });

  it('lets no earlier end move back by a later rotation', async () => {
    const { plaintext } = await issue();
    await lives.secrets.rotate('shop', operator, { overlapSeconds: 10 });
    await lives.secrets.rotate('shop', operator, { overlapSeconds: DAY });
    lives.clock.advance(10);
    expect(await isGood(plaintext)).toBe(false);
  });

  it('leaves one secret after 20 rotations at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => lives.secrets.rotate('shop', operator)));
    lives.clock.advance(DAY);
    expect(await lives.secrets.list('shop')).toHaveLength(1);
  });

  it.each([-1, 0.5, NaN, 30 * DAY + 1])('refuses an overlap of %d s', async (overlapSeconds) => {
    const rotation = lives.secrets.rotate('shop', operator, { overlapSeconds });
    expect(await refusalOf(rotation)).toBe('ERR_INPUT_INVALID');
    expect(await lives.secrets.list('shop')).toEqual([]);
  });

  it('revokes at once, once, and tells the list that every request asks', async () => {
    const { secret, plaintext } = await issue();
    expect(await lives.secrets.revoke(secret.id, operator)).toBe(true);
    expect(await lives.secrets.revoke(secret.id, operator)).toBe(false);
    expect(await lives.secrets.revoke('nothing', operator)).toBe(false);
    expect(await isGood(plaintext)).toBe(false);
    const check = lives.assertNotRevoked({ clientSecret: secret });
    expect(await refusalOf(check)).toBe('ERR_CREDENTIAL_REVOKED');
  });

  it('ends with the revocation of its client; one issued later is good, even in the same instant', async () => {
    const { plaintext } = await issue();
    await lives.revocation.revoke({ kind: 'client', clientId: 'shop' }, operator);
    expect(await isGood(plaintext)).toBe(false);
    expect(await lives.secrets.list('shop')).toEqual([]);
    expect(await isGood((await issue()).plaintext)).toBe(true);
  });

  it('reads the secrets of a burst once', async () => {
    const { plaintext } = await issue();
    const reads = jest.spyOn(lives.clientStore, 'activeSecrets');
    expect(await Promise.all(Array.from({ length: 20 }, () => isGood(plaintext)))).not.toContain(
      false,
    );
    expect(reads).toHaveBeenCalledTimes(1);
    lives.clock.advance(59);
    await isGood(plaintext);
    expect(reads).toHaveBeenCalledTimes(1);
    lives.clock.advance(1);
    await isGood(plaintext);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it('takes what another instance issued at once, though it has just looked [C79]', async () => {
    const first = await issue();
    expect(await isGood(first.plaintext)).toBe(true);
    const secret = { ...first.secret, id: '0190a1b2-0000-7000-8000-000000000001' };
    const secretHash = hashSecret('theirs');
    await lives.database.run((transaction) =>
      lives.clientStore.insertSecret({ ...secret, secretHash }, transaction),
    );
    expect(await isGood('theirs')).toBe(true);
  });

  it('sees its own writes at once, whatever was read before', async () => {
    expect(await isGood('x')).toBe(false);
    const first = await issue();
    expect(await isGood(first.plaintext)).toBe(true);
    const second = await lives.secrets.rotate('shop', operator, { overlapSeconds: 0 });
    expect(await isGood(first.plaintext)).toBe(false);
    expect(await isGood(second.plaintext)).toBe(true);
    await lives.secrets.revoke(second.secret.id, operator);
    expect(await isGood(second.plaintext)).toBe(false);
  });

  it('takes what another instance ended until it is told', async () => {
    const { secret, plaintext } = await issue();
    expect(await isGood(plaintext)).toBe(true);
    await lives.database.run(async (transaction) => {
      await lives.clientStore.revokeSecret(secret.id, lives.clock.now(), transaction);
      const record = { kind: 'client-secrets-record', clientId: 'shop' } as const;
      await lives.other.service.recordChanged(record, operator, transaction);
    });
    expect(await lives.secrets.list('shop')).toEqual([]);
    await lives.follow();
    expect(await isGood(plaintext)).toBe(false);
  });

  it('lets no secret outlive its end by what was read before it', async () => {
    const { plaintext } = await issue();
    await lives.secrets.rotate('shop', operator, { overlapSeconds: 1 });
    lives.clock.advance(0.9);
    expect(await isGood(plaintext)).toBe(true);
    lives.clock.advance(0.1);
    expect(await isGood(plaintext)).toBe(false);
  });

  it.each(['a b', '\0', 'x'.repeat(65), '\ud800'])(
    'does not look for what no client can be called: %#',
    async (clientId) => {
      const reads = jest.spyOn(lives.clientStore, 'activeSecrets');
      expect(await isGood('x', clientId)).toBe(false);
      expect(reads).not.toHaveBeenCalled();
    },
  );

  it('has none for a client that authenticates by its keys, and ends those it had while it does', async () => {
    const { plaintext } = await issue();
    const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    const jwks = { keys: [{ ...publicKey, kid: '1' } as JWK] };
    expect(await isGood(plaintext)).toBe(true);
    await lives.clients.update('shop', { jwks }, operator);
    expect(await isGood(plaintext)).toBe(false);
    expect(await lives.secrets.list('shop')).toEqual([]);
    expect(await refusalOf(issue())).toBe('ERR_INPUT_INVALID');
    expect(await refusalOf(lives.secrets.rotate('shop', operator))).toBe('ERR_INPUT_INVALID');
    await lives.clients.update('shop', { jwks: null }, operator);
    expect(await isGood(plaintext)).toBe(true);
  });

  it('§2.1 of RFC 6749: gives a public client none', async () => {
    await lives.register({ clientId: 'app', type: 'public' });
    expect(await refusalOf(lives.secrets.issue('app', operator))).toBe('ERR_INPUT_INVALID');
    expect(await refusalOf(lives.secrets.rotate('app', operator))).toBe('ERR_INPUT_INVALID');
    expect(await refusalOf(lives.secrets.issue('nobody', operator))).toBe('ERR_NOT_FOUND');
  });

  it('records every change, in the same transaction', async () => {
    const { secret } = await issue();
    const rotated = await lives.secrets.rotate('shop', operator);
    await lives.secrets.revoke(secret.id, operator);
    expect(await lives.actionsOn(secret.id)).toEqual([
      'client-secret.issued',
      'client-secret.revoked',
    ]);
    expect((await lives.changes.listByObject(rotated.secret.id, 1))[0]).toMatchObject({
      ...operator,
      action: 'client-secret.rotated',
      details: { client: 'shop' },
    });

    jest.spyOn(lives.changes, 'append').mockRejectedValue(new Error('the record is full'));
    const before = await lives.secrets.list('shop');
    await expect(issue()).rejects.toThrow('the record is full');
    await expect(lives.secrets.rotate('shop', operator)).rejects.toThrow('the record is full');
    const revocation = lives.secrets.revoke(rotated.secret.id, operator);
    await expect(revocation).rejects.toThrow('the record is full');
    expect(await lives.secrets.list('shop')).toEqual(before);
  });
});
