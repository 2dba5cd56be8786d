import { callerOf } from '../testing/acting-as.js';
import { BoundPolicy, ObjectPolicy } from './object-policy.js';

interface Invoice {
  readonly department: string;
}

class InvoicePolicy extends ObjectPolicy<Invoice, { department: string }> {
  check = (_: unknown, { department }: Invoice) => department === 'finance';
  where = () => ({ department: 'finance' });
}

const bound = (
  report: ((reason: string) => void) | null = null,
  caller = callerOf({ client: 'shop' }) as ReturnType<typeof callerOf> | null,
  policy: ObjectPolicy<Invoice, { department: string }> = new InvoicePolicy(),
) => new BoundPolicy(policy, caller, { deniedCode: 'ERR_OBJECT_DENIED', report });

const sales = { department: 'sales' };
const finance = { department: 'finance' };

describe('An object policy', () => {
  it('gives back the object that the caller may touch [C31]', () => {
    expect(bound().check(finance)).toBe(finance);
    expect(bound().where()).toEqual({ department: 'finance' });
  });

  it.each([sales, null, undefined])(
    'refuses %j with 404: denied and missing look alike',
    (object) => {
      expect(() => bound().check(object)).toThrow(
        expect.objectContaining({ code: 'ERR_OBJECT_DENIED' }),
      );
    },
  );

  it('refuses what is not clearly a yes: an async check is a promise', () => {
    const policy = new InvoicePolicy();
    policy.check = (() => Promise.resolve(true)) as never;
    expect(() => bound(null, undefined, policy).check(finance)).toThrow();
  });

  it('knows whether it was asked, even when it refused', () => {
    expect(bound().wasConsulted).toBe(false);
    const [checked, listed, refused] = [bound(), bound(), bound()];
    checked.check(finance);
    listed.where();
    expect(() => refused.check(sales)).toThrow();
    expect([checked, listed, refused].map((one) => one.wasConsulted)).toEqual([true, true, true]);
  });

  it('reports instead of refusing where that is asked for, to strangers too', () => {
    const reports: string[] = [];
    const report = (reason: string) => reports.push(reason);
    expect(bound(report).check(sales)).toBe(sales);
    expect(bound(report, null).check(finance)).toBe(finance);
    expect(() => bound(report).check(null)).toThrow();
    expect(() => bound(report, null).where()).toThrow(
      expect.objectContaining({ code: 'ERR_CREDENTIAL_MISSING' }),
    );
    expect(reports).toEqual([
      'would refuse: ERR_OBJECT_DENIED, InvoicePolicy denied client shop',
      'would refuse: ERR_OBJECT_DENIED, InvoicePolicy denied a stranger',
    ]);
  });
});
