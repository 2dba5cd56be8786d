import type { ErrorCode } from '../errors.js';
import type { AdapterRequest } from '../request/adapter-request.js';
import { extractCredentials } from './extract-credentials.js';

function requestWith(headers: Record<string, string | string[]>): AdapterRequest {
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().flatMap((line) => [name, line]),
  );
  return { rawHeaders } as unknown as AdapterRequest;
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const key = (text: string) => ({ kind: 'api-key', text });

describe('Credentials of a request', () => {
  it.each([
    [{}, []],
    [{ 'x-api-key': 'sp_1' }, [key('sp_1')]],
    [{ authorization: 'ApiKey sp_1' }, [key('sp_1')]],
    [{ authorization: 'apikey sp_1' }, [key('sp_1')]],
    [{ authorization: 'Bearer t.o.k' }, [{ kind: 'access-token', text: 't.o.k' }]],
    [{ authorization: 'bearer   t.o.k' }, [{ kind: 'access-token', text: 't.o.k' }]],
    [{ authorization: 'Bearer  t.o.k' }, [{ kind: 'access-token', text: 't.o.k' }]],
    [
      { authorization: 'Bearer t.o.k', 'x-api-key': 'sp_1' },
      [{ kind: 'access-token', text: 't.o.k' }, key('sp_1')],
    ],
    [
      { authorization: 'dpop t.o.k', dpop: 'p.r.f' },
      [{ kind: 'dpop-access-token', text: 't.o.k', proof: 'p.r.f' }],
    ],
    [{ cookie: 'access_token=x' }, []],
  ])('%j holds %j [C36]', (headers, credentials) => {
    expect(extractCredentials(requestWith(headers), { basic: false })).toEqual(credentials);
  });

  it.each<[Record<string, string | string[]>, ErrorCode]>([
    [{ authorization: ['Bearer a', 'Bearer a'] }, 'ERR_CREDENTIAL_REPEATED'],
    [{ 'x-api-key': ['sp_1', 'sp_2'] }, 'ERR_CREDENTIAL_REPEATED'],
    [{ authorization: 'ApiKey sp_1', 'x-api-key': 'sp_1' }, 'ERR_CREDENTIAL_REPEATED'],
    [{ authorization: '' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ authorization: 'sp_1' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ authorization: 'ApiKey é' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ 'x-api-key': '' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ 'x-api-key': 'sp_1, sp_2' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ 'x-api-key': 'sp_é' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ 'x-api-key': 'x'.repeat(513) }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ authorization: 'DPoP t.o.k', 'x-api-key': 'sp_1' }, 'ERR_DPOP_PROOF_INVALID'],
    [{ authorization: 'DPoP t.o.k', dpop: '' }, 'ERR_DPOP_PROOF_INVALID'],
    [{ authorization: 'DPoP t.o.k', dpop: ['p.r.f', 'p.r.f'] }, 'ERR_CREDENTIAL_REPEATED'],
    [{ authorization: 'DPoP  ', dpop: 'p.r.f' }, 'ERR_CREDENTIAL_MALFORMED'],
    [{ authorization: 'Bearer t.o.k', dpop: 'p.r.f' }, 'ERR_DPOP_PROOF_INVALID'],
    [{ authorization: 'Bearer t.o.k', dpop: '' }, 'ERR_DPOP_PROOF_INVALID'],
    [{ authorization: 'Bearer t.o.k', dpop: ['', ''] }, 'ERR_CREDENTIAL_REPEATED'],
    [{ 'x-api-key': 'sp_1', dpop: 'p.r.f' }, 'ERR_DPOP_PROOF_INVALID'],
    [{ dpop: 'p.r.f' }, 'ERR_DPOP_PROOF_INVALID'],
    [{ authorization: 'Negotiate abc' }, 'ERR_CREDENTIAL_UNSUPPORTED'],
    [{ authorization: basic('shop:secret') }, 'ERR_CREDENTIAL_UNSUPPORTED'],
    [{ authorization: basic('shop:secret'), 'x-api-key': 'sp_1' }, 'ERR_CREDENTIAL_UNSUPPORTED'],
  ])('refuses %j with %s', (headers, code) => {
    expect(() => extractCredentials(requestWith(headers), { basic: false })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  describe('with Basic switched on', () => {
    const extract = (authorization: string) =>
      extractCredentials(requestWith({ authorization }), { basic: true });

    it('reads client id and secret, which may hold colons [C91]', () => {
      expect(extract(basic('shop:se:cret'))).toEqual([
        { kind: 'client-secret', clientId: 'shop', secret: 'se:cret' },
      ]);
    });

    it.each([
      basic('shop'),
      basic(':secret'),
      basic('shop:sec\0ret'),
      'Basic c2hvcDpz=',
      'Basic c2hvcDpz~',
      'Basic c2hvcDpzZWNyZXR=', // not the one spelling of its bytes
      'Basic',
    ])('refuses %j', (authorization) => {
      expect(() => extract(authorization)).toThrow(
        expect.objectContaining({ code: 'ERR_CREDENTIAL_MALFORMED' }),
      );
    });
  });
});
