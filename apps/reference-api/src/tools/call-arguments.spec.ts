import { readCallArguments } from './call-arguments.js';
import { DemoTokenError } from './demo-token-error.js';

const post = ['--as', 'partner', 'POST', '/v1/partner/invoices'];

describe('The arguments of npm run call', () => {
  it('name who calls, what, and with what', () => {
    const args = [
      'post',
      '/v1/invoices?a=1',
      '--as',
      'mobile-app',
      '--user',
      'bob',
      '--encrypted',
      '-d',
      '@-',
    ];
    expect(readCallArguments(args)).toEqual({
      ...{
        client: 'mobile-app',
        user: 'bob',
        isEncrypted: true,
        method: 'POST',
        path: '/v1/invoices?a=1',
        data: '@-',
      },
    });
    expect(readCallArguments(post)).toMatchObject({
      ...{ user: undefined, isEncrypted: false, data: undefined },
    });
  });

  it.each([
    ['nobody', ['GET', '/v1/invoices'], '--as is missing'],
    ['no method', ['--as', 'partner', '/v1/invoices'], 'the method is missing'],
    ['no path', ['--as', 'partner', 'GET'], 'the path is missing'],
    ['a body to read with', ['--as', 'partner', 'GET', '/', '-d', '1'], 'GET sends nothing'],
    ['an unknown option', [...post, '--verbose'], "Unknown option '--verbose'"],
    ['too much', [...post, 'now'], 'too much: now'],
  ])('are explained where they are %s', (_name, args, message) => {
    const read = () => readCallArguments(args);
    expect(read).toThrow(DemoTokenError);
    expect(read).toThrow(message);
    expect(read).toThrow('usage: npm run -s call -- --as <client>');
  });
});
