import type { AdapterRequest } from '../../request/adapter-request.js';
import { mayBeFromOwnPage } from './own-page.js';

const ours = (headers: Record<string, string | string[]>): boolean => {
  const rawHeaders = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [name, value]),
  );
  return mayBeFromOwnPage({ rawHeaders } as unknown as AdapterRequest, 'https://api.test');
};

describe('mayBeFromOwnPage', () => {
  it.each([
    {},
    { origin: 'https://api.test' },
    { origin: 'https://api.test', 'sec-fetch-site': 'same-origin' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ])('believes %j', (headers) => {
    expect(ours(headers)).toBe(true);
  });

  it.each([
    { origin: 'https://evil.test' },
    { origin: 'https://api.test.evil.test' },
    { origin: 'http://api.test' },
    { origin: 'https://api.test:8443' },
    { origin: 'HTTPS://API.TEST' },
    { origin: '' },
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'none' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://api.test', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'unheard-of' },
    { origin: ['https://api.test', 'https://api.test'] },
    { 'sec-fetch-site': ['same-origin', 'same-origin'] },
  ])('does not believe %j', (headers) => {
    expect(ours(headers)).toBe(false);
  });
});
