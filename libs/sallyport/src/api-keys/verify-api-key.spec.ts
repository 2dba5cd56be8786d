import type { SallyportError } from '../errors.js';
import { hashSecret } from '../hashing/secret-hash.js';
import {
  createKeysAndClients,
  operator,
  refusalOf,
  type KeysAndClients,
} from '../../../../test/support/keys-and-clients.js';
import { formatApiKey, parseApiKey } from './api-key-format.js';

const HERE = '192.0.2.7';

describe('VerifyApiKey', () => {
  let lives: KeysAndClients;
  beforeEach(async () => {
    lives = createKeysAndClients({ foreignPrefixes: ['old-'], lifetimeSeconds: 1000 });
    await lives.register();
  });

  const issue = (demands: object = {}) =>
    lives.keys.issue({ clientId: 'shop', name: 'k', preset: 'read', ...demands }, operator);
  const verify = async (text: string, address = HERE) => lives.verify.verify(text, address);
  const refusal = (text: string, address = HERE) => refusalOf(verify(text, address));

  it('knows a key by its text, and reads it once per half second', async () => {
    const { apiKey, plaintext } = await issue();
    const reads = lives.watchReads();
    expect(await lives.verify.verify(plaintext, HERE)).toEqual(apiKey);
    await lives.verify.verify(plaintext, HERE);
    expect(reads()).toBe(1);
  });

  it('refuses a wrong checksum without asking the store [C71]', async () => {
    const { plaintext } = await issue();
    const reads = lives.watchReads();
    for (let place = 0; place < plaintext.length; place++) {
      const changed = plaintext[place] === 'a' ? 'b' : 'a';
      const text = plaintext.slice(0, place) + changed + plaintext.slice(place + 1);
      expect(await refusal(text)).toBe('ERR_CREDENTIAL_UNKNOWN');
    }
    expect(reads()).toBe(0);
  });

  it.each(['', 'x', 'sp_live_', 'null', '__proto__', 'a'.repeat(10_000)])(
    'refuses %j without asking the store',
    async (text) => {
      const reads = lives.watchReads();
      expect(await refusal(text)).toBe('ERR_CREDENTIAL_UNKNOWN');
      expect(reads()).toBe(0);
    },
  );

  it('tells no difference between an unknown id and a wrong secret [C38]', async () => {
    const parts = parseApiKey((await issue()).plaintext);
    if (parts === null) throw new TypeError('no key');
    const unknownId = formatApiKey({ ...parts, id: 'A'.repeat(16) });
    const wrongSecret = formatApiKey({ ...parts, secret: 'A'.repeat(43) });
    expect(await refusal(unknownId)).toBe('ERR_CREDENTIAL_UNKNOWN');
    expect(await refusal(wrongSecret)).toBe('ERR_CREDENTIAL_UNKNOWN');
  });

  it.each([{ prefix: 'acme' }, { environment: 'test' as const }])(
    'refuses a key of %j without asking the store',
    async (other) => {
      const parts = parseApiKey((await issue()).plaintext);
      if (parts === null) throw new TypeError('no key');
      const reads = lives.watchReads();
      expect(await refusal(formatApiKey({ ...parts, ...other }))).toBe('ERR_CREDENTIAL_UNKNOWN');
      expect(reads()).toBe(0);
    },
  );

  it.each([{ environment: 'test' as const }, { prefix: 'acme' }])(
    'refuses a key issued as %j whose text was rewritten to ours',
    async (other) => {
      const { apiKey, plaintext } = await issue();
      const id = 'B'.repeat(16);
      await lives.database.run((tx) => lives.keyStore.insert({ ...apiKey, ...other, id }, tx));
      const parts = parseApiKey(plaintext);
      if (parts === null) throw new TypeError('no key');
      expect(await refusal(formatApiKey({ ...parts, id }))).toBe('ERR_CREDENTIAL_UNKNOWN');
    },
  );

  it('refuses a key from the instant at which it expires [C30]', async () => {
    const { plaintext } = await issue({ lifetimeSeconds: 60 });
    lives.clock.advance(59);
    await lives.verify.verify(plaintext, HERE);
    lives.clock.advance(1);
    expect(await refusal(plaintext)).toBe('ERR_CREDENTIAL_EXPIRED');
  });

  it('refuses a revoked key at once [C29]', async () => {
    const { apiKey, plaintext } = await issue();
    await lives.verify.verify(plaintext, HERE);
    await lives.keys.revoke(apiKey.id, operator);
    expect(await refusal(plaintext)).toBe('ERR_CREDENTIAL_REVOKED');
  });

  it('refuses the text of a key that may only sign', async () => {
    const { plaintext } = await issue({ signedOnly: true });
    expect(await refusal(plaintext)).toBe('ERR_CREDENTIAL_SIGNED_ONLY');
  });

  it.each([
    { ranges: ['192.0.2.0/24'], from: '192.0.2.255', isIn: true },
    { ranges: ['192.0.2.0/24'], from: '192.0.3.0', isIn: false },
    { ranges: ['192.0.2.0/24'], from: '::ffff:192.0.2.1', isIn: true },
    { ranges: ['192.0.2.0/24'], from: '::ffff:c000:0201', isIn: true },
    { ranges: ['192.0.2.0/24'], from: '::ffff:198.51.100.1', isIn: false },
    { ranges: ['192.0.2.7'], from: '192.0.2.8', isIn: false },
    { ranges: ['2001:db8::/32'], from: '2001:db8:ffff::1', isIn: true },
    { ranges: ['2001:db8::/32'], from: '2001:DB8:0:0::1', isIn: true },
    { ranges: ['2001:db8::/32'], from: '2001:db9::1', isIn: false },
    { ranges: ['2001:db8::1'], from: '2001:db8::2', isIn: false },
    { ranges: ['::/0'], from: '192.0.2.1', isIn: false },
    { ranges: ['0.0.0.0/0'], from: '2001:db8::1', isIn: false },
    { ranges: ['192.0.2.0/24', '2001:db8::/32'], from: '2001:db8::1', isIn: true },
    { ranges: ['0.0.0.0/0', '::/0'], from: 'unknown', isIn: false },
  ])('is good from $from for a key of $ranges: $isIn [C27]', async ({ ranges, from, isIn }) => {
    const { plaintext } = await issue({ addressRanges: ranges });
    const outcome = await verify(plaintext, from).then(
      () => 'verified',
      (error: unknown) => (error as SallyportError).code,
    );
    expect(outcome).toBe(isIn ? 'verified' : 'ERR_CREDENTIAL_ADDRESS');
  });

  describe('with keys of another system', () => {
    const text = 'old-5f1b0c9e8d7a6b5c4d3e2f1a0b9c8d7e';
    const take = (prefix = 'old-') =>
      lives.keys.import(
        { clientId: 'shop', name: 'old', prefix, sha256: hashSecret(text), preset: 'read' },
        operator,
      );

    it('finds an imported key by the hash of its whole text [W6]', async () => {
      expect(await refusal(text)).toBe('ERR_CREDENTIAL_UNKNOWN');
      const imported = await take();
      expect(await lives.verify.verify(text, HERE)).toEqual(imported);
    });

    it('refuses one revoked or expired like any other', async () => {
      const { id } = await take();
      lives.clock.advance(1000);
      expect(await refusal(text)).toBe('ERR_CREDENTIAL_EXPIRED');
      await lives.keys.revoke(id, operator);
      expect(await refusal(text)).toBe('ERR_CREDENTIAL_REVOKED');
    });

    it('does not look for a text without a configured prefix', async () => {
      await take();
      const reads = lives.watchReads();
      expect(await refusal(text.replace('old-', 'new-'))).toBe('ERR_CREDENTIAL_UNKNOWN');
      expect(await refusal(`old-${'a'.repeat(600)}`)).toBe('ERR_CREDENTIAL_UNKNOWN');
      expect(reads()).toBe(0);
    });

    it('cannot be opened by an id and a secret of our form', async () => {
      const { id } = await take();
      const secret = 'A'.repeat(43);
      const ours = formatApiKey({ prefix: 'sp', environment: 'live', id, secret });
      expect(await refusal(ours)).toBe('ERR_CREDENTIAL_UNKNOWN');
    });

    it('takes over keys of our own form under another prefix', async () => {
      const other = createKeysAndClients({ foreignPrefixes: ['acme_live_'] });
      await other.register();
      const parts = parseApiKey((await issue()).plaintext);
      if (parts === null) throw new TypeError('no key');
      const theirs = formatApiKey({ ...parts, prefix: 'acme' });
      const sha256 = hashSecret(theirs);
      const key = { clientId: 'shop', name: 'old', prefix: 'acme_live_', sha256 };
      await other.keys.import({ ...key, preset: 'read' }, operator);
      expect(await other.verify.verify(theirs, HERE)).toMatchObject({ isForeign: true });
    });
  });
});
