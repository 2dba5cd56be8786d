import { jest } from '@jest/globals';
import { SallyportError } from '../errors.js';
import { BoundedUserDirectory } from './bounded-user-directory.js';
import { UserDirectory } from './user-directory.js';

class OneUser extends UserDirectory {
  async subjectOf(): Promise<string | null> {
    return 'alice';
  }
  async authenticate(): Promise<null> {
    return null;
  }
  async findBySub(): Promise<{ readonly subject: string }> {
    return { subject: 'alice' };
  }
  async claims(): Promise<Readonly<Record<string, unknown>>> {
    return { sub: 'alice' };
  }
}

const questions = {
  subjectOf: (directory: UserDirectory) => directory.subjectOf('alice'),
  authenticate: (directory: UserDirectory) =>
    directory.authenticate({ username: 'alice', password: 'x' }),
  findBySub: (directory: UserDirectory) => directory.findBySub('alice'),
  claims: (directory: UserDirectory) => directory.claims('alice', new Set()),
};

describe('BoundedUserDirectory', () => {
  const names = Object.keys(questions) as (keyof typeof questions)[];

  it.each(names)('hands on what %s answers', async (name) => {
    const theirs = await questions[name](new OneUser());
    expect(await questions[name](new BoundedUserDirectory(new OneUser()))).toEqual(theirs);
  });

  it.each(names)('makes 503 of whatever %s throws', async (name) => {
    const failing = new OneUser();
    jest.spyOn(failing, name).mockRejectedValue(new TypeError('connect ECONNREFUSED'));
    const asked = questions[name](new BoundedUserDirectory(failing));
    await expect(asked).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });

  it('hands on a refusal of ours', async () => {
    const refusal = new SallyportError('ERR_INPUT_INVALID');
    const failing = new OneUser();
    jest.spyOn(failing, 'subjectOf').mockRejectedValue(refusal);
    await expect(new BoundedUserDirectory(failing).subjectOf('alice')).rejects.toBe(refusal);
  });

  it.each(names)('waits for %s for less than two seconds', async (name) => {
    jest.useFakeTimers();
    try {
      const silent = new OneUser();
      jest.spyOn(silent, name).mockReturnValue(new Promise(() => undefined) as never);
      const asked = questions[name](new BoundedUserDirectory(silent));
      const refused = expect(asked).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
      await jest.advanceTimersByTimeAsync(1_999);
      await refused;
    } finally {
      jest.useRealTimers();
    }
  });
});
