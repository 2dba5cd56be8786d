import type { Caller } from '@sallyport/nest';
import { In } from 'typeorm';
import type { AppUserDirectory } from '../users/user-directory.js';
import { InvoicePolicy } from './invoice.policy.js';

describe('InvoicePolicy', () => {
  const directory = {
    find: ({ subject }: { subject: string }) =>
      subject === 'alice' ? { department: 'Finance' } : null,
  } as unknown as AppUserDirectory;
  const policy = new InvoicePolicy(directory);
  const callerOf = (subject: string | null) =>
    ({ user: subject === null ? null : { issuer: 'https://id.test', subject } }) as Caller;

  it('shows a user the invoices of their department and no others [C31]', () => {
    expect(policy.check(callerOf('alice'), { department: 'Finance' })).toBe(true);
    expect(policy.check(callerOf('alice'), { department: 'Sales' })).toBe(false);
    expect(policy.where(callerOf('alice'))).toEqual({ department: In(['Finance']) });
  });

  it('shows nothing to a user whom the directory does not know', () => {
    expect(policy.check(callerOf('mallory'), { department: 'Finance' })).toBe(false);
    expect(policy.where(callerOf('mallory'))).toEqual({ department: In([]) });
  });

  it('leaves an app that acts for nobody to its scope', () => {
    expect(policy.check(callerOf(null), { department: 'Sales' })).toBe(true);
    expect(policy.where(callerOf(null))).toEqual({});
  });
});
