import { jest } from '@jest/globals';
import {
  createKeysAndClients,
  operator,
  refusalOf,
  type KeysAndClients,
} from '../../../../test/support/keys-and-clients.js';
import { hashSecret } from '../hashing/secret-hash.js';
import { addSeconds } from '../clock.js';
import { parseApiKey } from './api-key-format.js';
import type { NewApiKey } from './issue-api-key.js';
import type { ApiKey } from './api-key.js';

const DAY = 86_400;
const alice = { issuer: 'https://id.example.com', subject: 'alice' };

describe('ApiKeyService', () => {
  let lives: KeysAndClients;
  beforeEach(async () => {
    lives = createKeysAndClients({ foreignPrefixes: ['old-'] });
    await lives.register();
  });

  const issue = (demands: Partial<NewApiKey> = { preset: 'read' }) =>
    lives.keys.issue({ clientId: 'shop', name: 'k', ...demands }, operator);
  const find = (id: string) => lives.keys.get(id);

  describe('issue', () => {
    it('hands the text out once and keeps only a hash of its secret [C76] [W5]', async () => {
      const { apiKey, plaintext } = await issue();
      const secret = parseApiKey(plaintext)?.secret ?? '';
      expect(apiKey.secretHash).toBe(hashSecret(secret));
      const kept = JSON.stringify([
        await find(apiKey.id),
        await lives.changes.listByObject(apiKey.id, 10),
      ]);
      expect(kept).not.toContain(secret);
    });

    it('gives keys with scope, expiry and owner, and lists them newest first [W6]', async () => {
      const first = await issue();
      lives.clock.advance(1);
      const second = await issue({ scope: ['invoices:write'], user: alice });
      expect(second.apiKey).toMatchObject({
        clientId: 'shop',
        scope: ['invoices:write'],
        user: alice,
        useCount: 0,
        lastUsedAt: null,
      });
      const ids = (await lives.keys.listByClient('shop', { limit: 10 })).map(({ id }) => id);
      expect(ids).toEqual([second.apiKey.id, first.apiKey.id]);
    });

    it.each([
      { preset: 'read', scope: ['invoices:read'] },
      { preset: 'write', scope: ['invoices:read', 'invoices:write'] },
      { preset: 'admin', scope: ['invoices:read', 'invoices:write', 'invoices:approve'] },
    ] as const)('means $scope by the preset $preset [C26]', async ({ preset, scope }) => {
      expect((await issue({ preset })).apiKey.scope).toEqual(scope);
    });

    it('means what the host configured by a preset, never beyond the client [C26] [C27]', async () => {
      lives = createKeysAndClients({ presets: { write: ['invoices:approve', 'payments:write'] } });
      await lives.register();
      expect((await issue({ preset: 'write' })).apiKey.scope).toEqual(['invoices:approve']);
    });

    it.each<Partial<NewApiKey>>([
      { scope: ['payments:write'] },
      { scope: ['invoices:read', 'invoices:READ'] },
      { scope: ['invoices:read invoices:write'] },
      { scope: [] },
      { scope: ['invoices:read'], preset: 'read' },
      {},
      { preset: 'read', name: '' },
      { preset: 'read', name: ' ' },
      { preset: 'read', name: 'a\u0000b' },
      { preset: 'read', name: 'x'.repeat(101) },
      { preset: 'read', addressRanges: ['10.0.0.0/33'] },
      { preset: 'read', addressRanges: ['10.0.0'] },
      { preset: 'read', addressRanges: ['localhost'] },
      { preset: 'read', addressRanges: ['::ffff:10.0.0.0/104'] },
      { preset: 'read', addressRanges: Array<string>(51).fill('10.0.0.0/8') },
      { preset: 'read', lifetimeSeconds: 0 },
      { preset: 'read', lifetimeSeconds: -1 },
      { preset: 'read', lifetimeSeconds: 1.5 },
      { preset: 'read', lifetimeSeconds: 366 * DAY },
      { preset: 'read', lifetimeSeconds: Infinity },
      { preset: 'read', user: { issuer: '', subject: 'alice' } },
      { preset: 'read', user: { issuer: 'https://id.example.com', subject: '' } },
      { preset: 'read', user: { issuer: 'https://id.example.com', subject: 'a\nb' } },
    ])('refuses %j and keeps nothing [C27] [C30]', async (demands) => {
      expect(await refusalOf(issue(demands))).toBe('ERR_INPUT_INVALID');
      expect(await lives.keys.listByClient('shop', { limit: 10 })).toEqual([]);
    });

    it('finds no preset in a client whose scope has none of it', async () => {
      await lives.register({ clientId: 'bare', scope: ['status'] });
      const refused = issue({ clientId: 'bare', preset: 'read' });
      expect(await refusalOf(refused)).toBe('ERR_INPUT_INVALID');
    });

    it('repeats a wrong scope in its message only in part, and on one line', async () => {
      const refused = issue({ scope: [`a\nERR_FORGED${'x'.repeat(10_000)}`] });
      const { message } = (await refused.catch((error: unknown) => error)) as Error;
      expect(message).toContain('is not in the allowed scope');
      expect(message).not.toContain('\n');
      expect(message.length).toBeLessThan(200);
    });

    it('lives for 90 days unless told otherwise [C30]', async () => {
      const { apiKey } = await issue();
      expect(apiKey.expiresAt).toEqual(addSeconds(lives.clock.now(), 90 * DAY));
    });

    it('refuses an unknown client, and a disabled one', async () => {
      const unknown = issue({ clientId: 'nobody', preset: 'read' });
      expect(await refusalOf(unknown)).toBe('ERR_NOT_FOUND');
      await lives.clients.disable('shop', operator);
      expect(await refusalOf(issue())).toBe('ERR_CONFLICT');
    });

    it('does not keep what hangs on the objects it was given', async () => {
      const user = { ...alice, isAdmin: true };
      const addressRanges = ['192.0.2.0/24'];
      const { apiKey } = await issue({ preset: 'read', user, addressRanges });
      addressRanges.pop();
      expect(await find(apiKey.id)).toMatchObject({ addressRanges: ['192.0.2.0/24'] });
      expect((await find(apiKey.id)).user).toEqual(alice);
    });
  });

  describe('rotate', () => {
    it('gives the same rights to a successor, and the old key its overlap [C28]', async () => {
      const { apiKey, plaintext } = await issue({
        scope: ['invoices:read'],
        addressRanges: ['192.0.2.0/24'],
        user: alice,
      });
      lives.clock.advance(10 * DAY);
      const successor = await lives.keys.rotate(apiKey.id, operator);
      const { scope, addressRanges, user, clientId, name } = apiKey;
      expect(successor.apiKey).toMatchObject({ scope, addressRanges, user, clientId, name });
      expect(successor.apiKey.expiresAt).toEqual(addSeconds(lives.clock.now(), 90 * DAY));

      lives.clock.advance(DAY - 1);
      await lives.verify.verify(plaintext, '192.0.2.1');
      lives.clock.advance(1);
      const late = Promise.try(() => lives.verify.verify(plaintext, '192.0.2.1'));
      expect(await refusalOf(late)).toBe('ERR_CREDENTIAL_EXPIRED');
      await lives.verify.verify(successor.plaintext, '192.0.2.1');
    });

    it('ends the old key at once when the overlap is 0, and never later than it was to end [C28]', async () => {
      const now = lives.clock.now();
      const short = await issue({ preset: 'read', lifetimeSeconds: 60 });
      await lives.keys.rotate(short.apiKey.id, operator);
      expect((await find(short.apiKey.id)).expiresAt).toEqual(addSeconds(now, 60));

      const { apiKey, plaintext } = await issue();
      await lives.keys.rotate(apiKey.id, operator, { overlapSeconds: 0 });
      const refused = Promise.try(() => lives.verify.verify(plaintext, '192.0.2.1'));
      expect(await refusalOf(refused)).toBe('ERR_CREDENTIAL_EXPIRED');
    });

    it.each([-1, 0.5, NaN, 30 * DAY + 1])('refuses an overlap of %d s', async (overlapSeconds) => {
      const { apiKey } = await issue();
      const rotation = lives.keys.rotate(apiKey.id, operator, { overlapSeconds });
      expect(await refusalOf(rotation)).toBe('ERR_INPUT_INVALID');
      expect((await find(apiKey.id)).replacedBy).toBeNull();
    });

    it('refuses a key that is unknown, revoked, expired or rotated already', async () => {
      expect(await refusalOf(lives.keys.rotate('nothing', operator))).toBe('ERR_NOT_FOUND');
      const [revoked, expired, rotated] = [
        await issue(),
        await issue({ preset: 'read', lifetimeSeconds: 1 }),
        await issue(),
      ];
      await lives.keys.revoke(revoked.apiKey.id, operator);
      await lives.keys.rotate(rotated.apiKey.id, operator);
      lives.clock.advance(1);
      for (const { apiKey } of [revoked, expired, rotated]) {
        expect(await refusalOf(lives.keys.rotate(apiKey.id, operator))).toBe('ERR_CONFLICT');
      }
    });

    it('refuses a key that ended with its client or its user', async () => {
      const [app, personal] = [await issue(), await issue({ preset: 'read', user: alice })];
      await lives.users.suspend(alice, operator);
      expect(await refusalOf(lives.keys.rotate(personal.apiKey.id, operator))).toBe('ERR_CONFLICT');
      await lives.revocation.revoke({ kind: 'client', clientId: 'shop' }, operator);
      expect(await refusalOf(lives.keys.rotate(app.apiKey.id, operator))).toBe('ERR_CONFLICT');
    });

    it('passes on no scope that the client has lost [C27]', async () => {
      const { apiKey } = await issue({ preset: 'admin' });
      await lives.clients.update('shop', { scope: ['invoices:read'] }, operator);
      const successor = await lives.keys.rotate(apiKey.id, operator);
      expect(successor.apiKey.scope).toEqual(['invoices:read']);
      await lives.clients.update('shop', { scope: ['payments:read'] }, operator);
      const rotation = lives.keys.rotate(successor.apiKey.id, operator);
      expect(await refusalOf(rotation)).toBe('ERR_CONFLICT');
    });

    it('passes on no life beyond what may be asked for [C30]', async () => {
      const { apiKey } = await issue();
      lives.clock.advance(80 * DAY);
      const expiresAt = addSeconds(lives.clock.now(), 365 * DAY);
      await lives.keys.update(apiKey.id, { expiresAt }, operator);
      const successor = await lives.keys.rotate(apiKey.id, operator);
      expect(successor.apiKey.expiresAt).toEqual(addSeconds(lives.clock.now(), 365 * DAY));
    });

    it('makes a key of ours of an imported one', async () => {
      const imported = await lives.keys.import(
        { clientId: 'shop', name: 'o', prefix: 'old-', sha256: 'ab'.repeat(32), preset: 'read' },
        operator,
      );
      const { apiKey, plaintext } = await lives.keys.rotate(imported.id, operator);
      expect(apiKey).toMatchObject({ isForeign: false, prefix: 'sp' });
      expect(await lives.verify.verify(plaintext, '192.0.2.1')).toEqual(apiKey);
    });
  });

  describe('revoke', () => {
    it('reports whether this call did it, and leaves the successor alone [C29]', async () => {
      const { apiKey } = await issue();
      const successor = await lives.keys.rotate(apiKey.id, operator);
      expect(await lives.keys.revoke(apiKey.id, operator)).toBe(true);
      expect(await lives.keys.revoke(apiKey.id, operator)).toBe(false);
      await lives.verify.verify(successor.plaintext, '192.0.2.1');
    });

    it('puts the key on the list that every request asks [C29]', async () => {
      const { apiKey } = await issue();
      await lives.assertNotRevoked({ apiKey });
      await lives.keys.revoke(apiKey.id, operator);
      const check = lives.assertNotRevoked({ apiKey });
      expect(await refusalOf(check)).toBe('ERR_CREDENTIAL_REVOKED');
    });

    it('knows no key of that id', async () => {
      expect(await refusalOf(lives.keys.revoke('nothing', operator))).toBe('ERR_NOT_FOUND');
    });
  });

  describe('update', () => {
    it('renames, and narrows at once [C27]', async () => {
      const { apiKey, plaintext } = await issue({ preset: 'admin' });
      await lives.verify.verify(plaintext, '192.0.2.1');
      await lives.keys.rename(apiKey.id, 'new name', operator);
      const narrowed = { scope: ['invoices:read'], addressRanges: ['198.51.100.0/24'] };
      await lives.keys.update(apiKey.id, narrowed, operator);
      expect(await find(apiKey.id)).toMatchObject({ name: 'new name', ...narrowed });
      const refused = Promise.try(() => lives.verify.verify(plaintext, '192.0.2.1'));
      expect(await refusalOf(refused)).toBe('ERR_CREDENTIAL_ADDRESS');
    });

    it('refuses what issue refuses, and keys that are revoked', async () => {
      const { apiKey } = await issue();
      const update = (changes: Parameters<typeof lives.keys.update>[1]) =>
        refusalOf(lives.keys.update(apiKey.id, changes, operator));
      expect(await update({ scope: ['payments:write'] })).toBe('ERR_INPUT_INVALID');
      expect(await update({ scope: [] })).toBe('ERR_INPUT_INVALID');
      expect(await update({ name: '' })).toBe('ERR_INPUT_INVALID');
      expect(await update({ addressRanges: ['x'] })).toBe('ERR_INPUT_INVALID');
      expect(await update({ expiresAt: null })).toBe('ERR_INPUT_INVALID');
      expect(await update({ expiresAt: new Date(NaN) })).toBe('ERR_INPUT_INVALID');
      const tooLate = addSeconds(lives.clock.now(), 365 * DAY + 1);
      expect(await update({ expiresAt: tooLate })).toBe('ERR_INPUT_INVALID');
      expect(await find(apiKey.id)).toEqual(apiKey);
      await lives.keys.revoke(apiKey.id, operator);
      expect(await update({ name: 'n' })).toBe('ERR_CONFLICT');
    });

    it('cannot revive a key that expired, nor prolong the overlap of a rotated one [C28] [C30]', async () => {
      const expired = await issue({ preset: 'read', lifetimeSeconds: 1 });
      const rotated = await issue();
      await lives.keys.rotate(rotated.apiKey.id, operator);
      lives.clock.advance(1);
      const expiresAt = addSeconds(lives.clock.now(), 100);
      for (const { apiKey } of [expired, rotated]) {
        const before = await find(apiKey.id);
        const update = lives.keys.update(apiKey.id, { expiresAt, name: 'n' }, operator);
        expect(await refusalOf(update)).toBe('ERR_CONFLICT');
        expect(await find(apiKey.id)).toEqual(before);
      }
    });

    it('changes nothing but what may be changed, whatever the object carries', async () => {
      const { apiKey } = await issue();
      const hostile = {
        name: 'n',
        secretHash: '00',
        clientId: 'other',
        revokedAt: null,
        user: alice,
      };
      await lives.keys.update(apiKey.id, hostile, operator);
      expect(await find(apiKey.id)).toEqual({ ...apiKey, name: 'n' });
    });
  });

  describe('import', () => {
    const imported = { clientId: 'shop', name: 'o', prefix: 'old-', preset: 'read' } as const;

    it('takes over a key once, by its hash', async () => {
      const sha256 = 'ab'.repeat(32);
      const key = await lives.keys.import({ ...imported, sha256 }, operator);
      expect(key).toMatchObject({ isForeign: true, secretHash: sha256, scope: ['invoices:read'] });
      const again = lives.keys.import({ ...imported, sha256, name: 'p' }, operator);
      expect(await refusalOf(again)).toBe('ERR_CONFLICT');
    });

    it.each([
      { sha256: 'AB'.repeat(32) },
      { sha256: 'ab'.repeat(31) },
      { sha256: 'ab'.repeat(32), prefix: 'new-' },
      { sha256: 'ab'.repeat(32), preset: 'read' as const, scope: ['invoices:read'] },
    ])('refuses %j', async (changes) => {
      const refused = lives.keys.import({ ...imported, ...changes }, operator);
      expect(await refusalOf(refused)).toBe('ERR_INPUT_INVALID');
    });
  });

  describe('the record of changes', () => {
    it('names actor and reason of every change of a key', async () => {
      const { apiKey } = await issue();
      await lives.keys.rename(apiKey.id, 'n', operator);
      const { apiKey: successor } = await lives.keys.rotate(apiKey.id, operator);
      await lives.keys.revoke(apiKey.id, operator);
      await lives.keys.revoke(apiKey.id, operator);
      expect(await lives.actionsOn(apiKey.id)).toEqual([
        'api-key.issued',
        'api-key.revoked',
        'api-key.updated',
      ]);
      const [rotated] = await lives.changes.listByObject(successor.id, 10);
      expect(rotated).toMatchObject({
        ...operator,
        action: 'api-key.rotated',
        details: { from: apiKey.id, client: 'shop' },
      });
    });

    it('is kept together with the change, or neither is', async () => {
      const { apiKey } = await issue();
      jest.spyOn(lives.changes, 'append').mockRejectedValue(new Error('the record is full'));
      const attempts = [
        issue(),
        lives.keys.rename(apiKey.id, 'n', operator),
        lives.keys.rotate(apiKey.id, operator),
        lives.keys.revoke(apiKey.id, operator),
      ];
      for (const attempt of attempts) await expect(attempt).rejects.toThrow('the record is full');
      expect(await lives.keys.listByClient('shop', { limit: 10 })).toEqual([apiKey]);
    });

    it("is undone with the host's transaction", async () => {
      const { apiKey } = await issue();
      let other: ApiKey | undefined;
      const failed = lives.database.run(async (transaction) => {
        const key = { clientId: 'shop', name: 'n', preset: 'read' } as const;
        other = (await lives.keys.issue(key, operator, transaction)).apiKey;
        await lives.keys.revoke(apiKey.id, operator, transaction);
        throw new Error('later step');
      });
      await expect(failed).rejects.toThrow('later step');
      expect(await lives.actionsOn(other?.id ?? '')).toEqual([]);
      expect(await lives.actionsOn(apiKey.id)).toEqual(['api-key.issued']);
      await lives.assertNotRevoked({ apiKey });
    });
  });

  it('ends the keys of a revoked client and lets it have new ones', async () => {
    const { apiKey: before } = await issue();
    await lives.revocation.revoke({ kind: 'client', clientId: 'shop' }, operator);
    const check = lives.assertNotRevoked({ apiKey: before });
    expect(await refusalOf(check)).toBe('ERR_CREDENTIAL_REVOKED');
    const { apiKey: after } = await issue();
    await lives.assertNotRevoked({ apiKey: after });
  });

  it('ends the personal keys of a suspended user for good, and no key of the app', async () => {
    const [app, personal] = [await issue(), await issue({ preset: 'read', user: alice })];
    await lives.users.suspend(alice, operator);
    await lives.users.reinstate(alice, operator);
    await lives.assertNotRevoked({ apiKey: app.apiKey });
    const check = lives.assertNotRevoked({ apiKey: personal.apiKey });
    expect(await refusalOf(check)).toBe('ERR_CREDENTIAL_REVOKED');
  });
});
