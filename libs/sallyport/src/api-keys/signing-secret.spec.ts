import {
  createKeysAndClients,
  operator,
  refusalOf,
  type KeysAndClients,
} from '../../../../test/support/keys-and-clients.js';
import type { NewApiKey } from './issue-api-key.js';

describe('The signing secret of an API key', () => {
  let lives: KeysAndClients;
  beforeEach(async () => {
    lives = createKeysAndClients();
    await lives.register();
  });

  const issue = (demands: Partial<NewApiKey> = {}) =>
    lives.keys.issue({ clientId: 'shop', name: 'k', preset: 'read', ...demands }, operator);
  const opened = async (id: string) =>
    lives.signingSecrets
      .of(await lives.keys.get(id))
      ?.export()
      .toString('base64url');

  it('is 32 random bytes, told once and kept sealed [C7] [C76]', async () => {
    const { apiKey, plaintext, signingSecret } = await issue({ signing: true });
    expect(Buffer.from(signingSecret ?? '', 'base64url')).toHaveLength(32);
    expect(plaintext).not.toContain(signingSecret);
    const kept = JSON.stringify([
      await lives.keys.get(apiKey.id),
      await lives.changes.listByObject(apiKey.id, 10),
    ]);
    expect(kept).not.toContain(signingSecret);
    expect(await opened(apiKey.id)).toBe(signingSecret);
  });

  it('is made for a key that may only sign, and for no other unless it is asked for', async () => {
    expect((await issue({ signedOnly: true })).signingSecret).not.toBeNull();
    const { apiKey, signingSecret } = await issue();
    expect(signingSecret).toBeNull();
    expect(lives.signingSecrets.of(apiKey)).toBeNull();
    expect(await refusalOf(issue({ signedOnly: true, signing: false }))).toBe('ERR_INPUT_INVALID');
  });

  it('is another after a rotation, while the old one goes on for the overlap [C28]', async () => {
    const { apiKey, signingSecret } = await issue({ signedOnly: true });
    const next = await lives.keys.rotate(apiKey.id, operator);
    expect(next.apiKey.signedOnly).toBe(true);
    expect(next.signingSecret).not.toBe(signingSecret);
    expect(await opened(next.apiKey.id)).toBe(next.signingSecret);
    expect(await opened(apiKey.id)).toBe(signingSecret);
    const plain = await issue();
    expect((await lives.keys.rotate(plain.apiKey.id, operator)).signingSecret).toBeNull();
  });

  it('cannot be opened in the row of another key', async () => {
    const { apiKey } = await issue({ signing: true });
    const other = (await issue()).apiKey;
    const moved = { ...other, sealedSigningSecret: apiKey.sealedSigningSecret };
    expect(() => lives.signingSecrets.of(moved)).toThrow(
      expect.objectContaining({ code: 'ERR_SEAL_BROKEN' }),
    );
  });

  it('is demanded of a key that is to sign only', async () => {
    const { apiKey } = await issue();
    const update = lives.keys.update(apiKey.id, { signedOnly: true }, operator);
    expect(await refusalOf(update)).toBe('ERR_CONFLICT');
    const signing = (await issue({ signing: true })).apiKey;
    await lives.keys.update(signing.id, { signedOnly: true }, operator);
    expect((await lives.keys.get(signing.id)).signedOnly).toBe(true);
  });
});
