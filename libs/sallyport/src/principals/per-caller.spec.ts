import { callerOf } from '../testing/acting-as.js';
import type { Caller } from './caller.js';
import { NotedCaller, PerCaller } from './per-caller.js';

class Noted extends NotedCaller {
  readonly isNoted = true;
}

describe('PerCaller', () => {
  it.each([
    ['a caller that carries notes', () => new Noted() as unknown as Caller],
    ['any other caller', () => callerOf({ client: 'shop' })],
  ])('keeps what each stage knows of %s apart', (_, make) => {
    const stages = ['policy', 'limits', 'sighting'] as const;
    const users = stages.map((stage) => new PerCaller<string>(stage));
    const [one, other] = [make(), make()];
    for (const [index, user] of users.entries()) user.set(one, `user ${index}`);
    expect(users.map((user) => user.get(one))).toEqual(users.map((_user, n) => `user ${n}`));
    expect(users.map((user) => user.get(other))).toEqual(users.map(() => undefined));
  });

  it('shows nothing of it to whoever looks at the caller', () => {
    const caller = new Noted();
    new PerCaller<string>('policy').set(caller as unknown as Caller, 'known');
    expect(Reflect.ownKeys(caller)).toEqual(['isNoted']);
  });
});
