import { isAcceptedUserAgent } from './user-agent.js';
import { quickest } from '../../../../test/support/stopwatch.js';

const rule = { product: 'InvoicesApp', minimumVersion: '2.3', refusedVersions: ['2.4.1', '3'] };

describe('isAcceptedUserAgent', () => {
  it.each([
    'InvoicesApp/2.3',
    'InvoicesApp/2.3.0',
    'invoicesapp/2.4',
    'InvoicesApp/2.4.1.1 iOS/19',
    'InvoicesApp/10.0 (iPhone; build 7)',
    'Mozilla/5.0 InvoicesApp/2.3.0',
  ])('lets in %j', (userAgent) => {
    expect(isAcceptedUserAgent(rule, userAgent)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'InvoicesApp',
    'InvoicesApp/',
    'InvoicesApp/2.2.9',
    'InvoicesApp/2.4.1',
    'InvoicesApp/2.4.1.0',
    'InvoicesApp/3.0.0',
    'InvoicesApp/2.3.1-beta',
    'InvoicesApp/99999999999',
    'InvoicesApp/2.3.4.5.6',
    'InvoicesApp/2.5 InvoicesApp/2.4.1',
    'NotInvoicesApp/2.5',
    'InvoicesAppX/2.5',
    'curl/8.0',
    `${'x'.repeat(1024)} InvoicesApp/2.5`,
  ])('refuses %j', (userAgent) => {
    expect(isAcceptedUserAgent(rule, userAgent)).toBe(false);
  });

  it('reads a hostile header of any length in a moment', async () => {
    const took = await quickest(() => {
      for (const piece of ['a', 'a/', '1.', 'a/1.1.']) {
        isAcceptedUserAgent(rule, piece.repeat(100_000));
      }
    });
    expect(took).toBeLessThan(200);
  });
});
