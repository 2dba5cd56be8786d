import { apiKeyPattern } from '../api-keys/api-key-format.js';
import { refuseCredentialsInUrl } from './credentials-in-url.js';

const KEY = `sp_live_${'a'.repeat(16)}_${'b'.repeat(49)}`;
const refuse = (url: string) => () => refuseCredentialsInUrl(url, apiKeyPattern('sp'));

describe('Credentials in the URL', () => {
  it.each([
    '/invoices?access_token=x',
    '/invoices?page=2&ACCESS_TOKEN=x',
    '/invoices?access%5Ftoken=x',
    '/invoices?access%5ftoken=x',
    '/invoices?api_key=x',
    '/invoices?apiKey=x',
    '/invoices?api-key=x',
    '/invoices?api%2Dkey=x',
    '/invoices?X-API-Key=x',
    '/invoices?client_secret=x',
    '/invoices?authorization=Bearer%20x',
    '/invoices?access_token=',
    `/invoices?k=${KEY}`,
    `/invoices?k=${KEY.replaceAll('_', '%5F')}`,
    `/invoices/${KEY}`,
  ])('refuses %s [C37]', (url) => {
    expect(refuse(url)).toThrow(expect.objectContaining({ code: 'ERR_CREDENTIAL_IN_URL' }));
  });

  it('does not repeat what was sent [C37]', () => {
    expect(refuse(`/invoices?k=${KEY}`)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('bbbb') }),
    );
  });

  it.each([
    '/invoices',
    '/invoices?page=1',
    '/invoices?q=api_key',
    '/invoices?my_api_key_id=7',
    '/access_token=1',
    '/admin/api-keys/abcdefghijklmnop/revoke',
    '',
    '?',
  ])('lets %j pass', (url) => {
    expect(refuse(url)).not.toThrow();
  });
});
