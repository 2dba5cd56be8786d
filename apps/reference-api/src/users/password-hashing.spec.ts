import { randomBytes } from 'node:crypto';
import { Randomness } from '@sallyport/nest';
import { NOBODYS_HASH, PasswordHashing } from './password-hashing.js';

class SecureRandomness extends Randomness {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }
}

describe('PasswordHashing', () => {
  let hashing: PasswordHashing;

  beforeEach(() => {
    hashing = new PasswordHashing(new SecureRandomness());
  });

  it('knows the password that was hashed, and no other', async () => {
    const hash = await hashing.hash('correct horse');
    await expect(hashing.verify('correct horse', hash)).resolves.toBe(true);
    for (const wrong of ['', 'correct horsf', 'Correct horse', 'correct horse ']) {
      await expect(hashing.verify(wrong, hash)).resolves.toBe(false);
    }
  });

  it('writes the cost that OWASP names beside a salt of its own, and never the password', async () => {
    const hashes = await Promise.all([hashing.hash('same'), hashing.hash('same')]);
    for (const hash of hashes) {
      expect(hash).toMatch(
        /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
      );
    }
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it('verifies what the reference implementation of argon2 made, at its cost', async () => {
    const hash =
      '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    await expect(hashing.verify('password', hash)).resolves.toBe(true);
    await expect(hashing.verify('differentpassword', hash)).resolves.toBe(false);
  });

  it('takes the same characters for the same password, however they were typed', async () => {
    const hash = await hashing.hash('caf\u00e9 au lait');
    await expect(hashing.verify('cafe\u0301 au lait', hash)).resolves.toBe(true);
  });

  it('spends on nobody what it spends on somebody, and accepts nothing', async () => {
    const cost = (hash: string) => hash.split('$').slice(0, 4).join('$');
    expect(cost(NOBODYS_HASH)).toBe(cost(await hashing.hash('x')));
    await expect(hashing.verify('', NOBODYS_HASH)).resolves.toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['plain text', 'correct horse'],
    [
      'another algorithm',
      '$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    [
      'another version',
      '$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    ['a short tag', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm'],
  ])('takes %s for a fault and no wrong password', async (_case, hash) => {
    await expect(hashing.verify('correct horse', hash)).rejects.toThrow(TypeError);
  });

  it('goes on answering others while it works, and sends away more than 22 at once', async () => {
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 1);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, () => hashing.verify('x', NOBODYS_HASH)),
    );
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(10);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(22);
  });
});
