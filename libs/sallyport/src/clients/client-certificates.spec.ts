import { makeCertificate } from '../../../../test/support/certificates.js';
import { readCertificates, readTlsClientAuth } from './client-certificates.js';

const refusal = expect.objectContaining({ code: 'ERR_INPUT_INVALID' }) as Error;

describe('Certificates of a client', () => {
  it('are kept in one spelling, however they are given', async () => {
    const { cert, x509 } = await makeCertificate();
    const kept = [x509.raw.toString('base64')];
    expect(readCertificates([cert])).toEqual(kept);
    expect(readCertificates(kept)).toEqual(kept);
    expect(() => readCertificates([cert, ...kept])).toThrow(refusal);
  });

  it('are ten at most', async () => {
    const eleven = await Promise.all(Array.from({ length: 11 }, () => makeCertificate()));
    const texts = eleven.map(({ cert }) => cert);
    expect(readCertificates(texts.slice(1))).toHaveLength(10);
    expect(() => readCertificates(texts)).toThrow(refusal);
  });

  it('name one subject, and nothing else that came with it', () => {
    const given = { sanDns: 'a.example', more: 1 };
    expect(readTlsClientAuth(given)).toEqual({ sanDns: 'a.example' });
  });
});
