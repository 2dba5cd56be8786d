import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import { requireJson } from './require-json.js';

describe('requireJson', () => {
  const refusalOf = (url: string, contentType: string): unknown => {
    let refusal: unknown;
    const headers = { 'content-type': contentType, 'content-length': '3' };
    const request = { url, headers } as unknown as IncomingMessage;
    requireJson(request, {} as ServerResponse, (error) => {
      refusal = error;
    });
    return refusal;
  };
  const FORM = 'application/x-www-form-urlencoded';

  it.each(['/oauth/token', '/OAuth/token', '/oauth?a=b'])('leaves the forms of %s alone', (url) => {
    expect(refusalOf(url, FORM)).toBeUndefined();
  });

  it.each(['/v1/invoices', '/oauthority', '/v1/oauth/token'])('lets no form into %s', (url) => {
    expect(refusalOf(url, FORM)).toBeInstanceOf(UnsupportedMediaTypeException);
    expect(refusalOf(url, 'application/json')).toBeUndefined();
  });

  it('lets encrypted bodies into the route that takes them, and into no other', () => {
    const url = '/v1/partner/invoices/encrypted';
    expect(refusalOf(url, 'application/jose')).toBeUndefined();
    expect(refusalOf(url, 'application/json')).toBeUndefined();
    for (const other of ['/v1/partner/invoices', '/v1/invoices', `${url}/more`]) {
      expect(refusalOf(other, 'application/jose')).toBeInstanceOf(UnsupportedMediaTypeException);
    }
  });
});
