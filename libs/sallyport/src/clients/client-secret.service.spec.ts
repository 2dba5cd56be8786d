import { jest } from '@jest/globals';
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
    const check = lives.checker.assertNotRevoked({ clientSecrets: [secret] });
    expect(await refusalOf(check)).toBe('ERR_CREDENTIAL_REVOKED');
  });

  it('ends with the revocation of its client; one issued later is good, even in the same instant', async () => {
    const { plaintext } = await issue();
    await lives.revocation.revoke({ kind: 'client', clientId: 'shop' }, operator);
    expect(await isGood(plaintext)).toBe(false);
    expect(await lives.secrets.list('shop')).toEqual([]);
    expect(await isGood((await issue()).plaintext)).toBe(true);
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
