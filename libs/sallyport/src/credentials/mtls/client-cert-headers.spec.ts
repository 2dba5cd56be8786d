import { makeCertificate } from '../../../../../test/support/certificates.js';
import type { AdapterRequest } from '../../request/adapter-request.js';
import { clientCertHeaders } from './client-cert-headers.js';

const requestWith = (own: string, chain: string) =>
  ({
    headers: { 'client-cert-chain': chain },
    rawHeaders: ['Client-Cert', own],
  }) as unknown as AdapterRequest;

describe('What a proxy tells of certificates (RFC 9440 §2)', () => {
  it('is bounded, however large the headers that a server takes', async () => {
    const { header } = await makeCertificate();
    const huge = `:${'A'.repeat(40_000)}:`;
    for (const request of [requestWith(huge, ''), requestWith(header, huge)]) {
      expect(() => clientCertHeaders(request)).toThrow(
        expect.objectContaining({
          code: 'ERR_CREDENTIAL_MALFORMED',
          message: expect.stringContaining('too long') as string,
        }),
      );
    }
  });

  it('keeps the order of the chain', async () => {
    const [own, first, second] = [
      await makeCertificate(),
      await makeCertificate(),
      await makeCertificate(),
    ];
    const told = clientCertHeaders(requestWith(own.header, `${first.header}, ${second.header}`));
    expect(told?.x509.raw).toEqual(own.x509.raw);
    expect(told?.chain.map(({ raw }) => raw)).toEqual([first.x509.raw, second.x509.raw]);
  });
});
