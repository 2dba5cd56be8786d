import type { Repository } from 'typeorm';
import type { AppConfig } from '../config.js';
import { NOBODYS_HASH, type PasswordHashing } from './password-hashing.js';
import { AppUserDirectory } from './user-directory.js';
import type { UserEntity } from './user.entity.js';

const ISSUER = 'https://api.test/oauth';

const ALICE: UserEntity = {
  issuer: ISSUER,
  subject: 'subject-of-alice',
  username: 'alice',
  department: 'Finance',
  passwordHash: 'hash of secret',
};
/** Of another issuer: not ours, whatever they are called. */
const STRANGER: UserEntity = Object.assign({}, ALICE, {
  issuer: 'https://other.test',
  username: 'eve',
});

describe('AppUserDirectory', () => {
  let asked: Partial<UserEntity>[];
  let verified: string[];
  let directory: AppUserDirectory;

  beforeEach(async () => {
    asked = [];
    verified = [];
    const matching = (where: Partial<UserEntity>) => {
      asked.push(where);
      return [ALICE, STRANGER].find((user) =>
        Object.entries(where).every(([name, value]) => user[name as keyof UserEntity] === value),
      );
    };
    const users = {
      find: () => Promise.resolve([ALICE, STRANGER]),
      findOneBy: (where: object) => Promise.resolve(matching(where) ?? null),
      existsBy: (where: object) => Promise.resolve(matching(where) !== undefined),
    };
    const passwords = {
      verify: (password: string, hash: string) => {
        verified.push(hash);
        return Promise.resolve(hash === `hash of ${password}`);
      },
    };
    directory = new AppUserDirectory(
      users as unknown as Repository<UserEntity>,
      passwords as unknown as PasswordHashing,
      { issuer: ISSUER } as AppConfig,
    );
    await directory.onModuleInit();
  });

  it('knows its own users by name and by subject', async () => {
    expect(await directory.subjectOf('alice')).toBe('subject-of-alice');
    expect(await directory.findBySub('subject-of-alice')).toEqual({ subject: 'subject-of-alice' });
    expect(directory.find({ issuer: ISSUER, subject: ALICE.subject })?.department).toBe('Finance');
    expect(await directory.subjectOf('eve')).toBeNull();
    expect(await directory.findBySub('nobody')).toBeNull();
    expect(directory.find({ issuer: 'https://third.test', subject: ALICE.subject })).toBeNull();
  });

  it('accepts name and password only together', async () => {
    const signIn = (username: string, password: string) =>
      directory.authenticate({ username, password });
    expect(await signIn('alice', 'secret')).toEqual({ subject: ALICE.subject, amr: ['pwd'] });
    expect(await signIn('alice', 'wrong')).toBeNull();
    expect(await signIn('nobody', 'secret')).toBeNull();
  });

  it('checks a password for nobody too, at the same cost', async () => {
    await directory.authenticate({ username: 'nobody', password: 'secret' });
    await directory.authenticate({ username: 'a\0b', password: 'secret' });
    expect(verified).toEqual([NOBODYS_HASH, NOBODYS_HASH]);
  });

  it.each(['a\0b', '\ud800'])('does not trouble the database with %j', async (text) => {
    expect(await directory.subjectOf(text)).toBeNull();
    expect(await directory.findBySub(text)).toBeNull();
    expect(await directory.claims(text, new Set(['profile']))).toEqual({});
    expect(asked).toEqual([]);
  });

  it('tells a name to whoever may know the profile, and nothing else', async () => {
    const claims = (...scope: string[]) => directory.claims(ALICE.subject, new Set(scope));
    expect(await claims('openid', 'profile')).toEqual({
      preferred_username: 'alice',
      name: 'alice',
    });
    expect(await claims('openid', 'email', 'address')).toEqual({});
  });
});
