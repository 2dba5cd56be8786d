import type { Caller } from '../../principals/caller.js';
import { resolveThrottlingOptions } from '../throttling.options.js';
import { Subjects } from './subjects.js';
import type { Subject } from './subject.js';

const { client: quota } = resolveThrottlingOptions({}, []);
const caller = (clientId: string) =>
  ({ client: { clientId }, user: null, credentials: [] }) as unknown as Caller;

describe('Subjects', () => {
  it('are the same for the same caller and address', () => {
    const subjects = new Subjects(100);
    const [shop, other] = [caller('shop'), caller('shop')];
    const subject = subjects.of(shop, quota);
    expect(subjects.of(shop, quota)).toBe(subject);
    expect(subjects.of(other, quota)).toBe(subject);
    expect(subjects.at(subject, 'a')).toBe(subjects.at(subject, 'a'));
    expect(subjects.at(subject, 'b')).not.toBe(subjects.at(subject, 'a'));
  });

  it('are no more than they may be, from however many addresses one caller comes', () => {
    const subjects = new Subjects(100);
    const shop = caller('shop');
    const reached = new Set<Subject>();
    for (let n = 0; n < 1000; n += 1) {
      const subject = subjects.of(shop, quota);
      reached.add(subject);
      subjects.at(subject, `2001:db8:${n}::/64`);
    }
    for (const { byAddress } of reached) expect(byAddress.size).toBeLessThanOrEqual(100);
  });
});
