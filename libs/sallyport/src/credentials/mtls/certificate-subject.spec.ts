import { makeCertificate } from '../../../../../test/support/certificates.js';
import { hasSubject } from './certificate-subject.js';

describe('The subject of a certificate (RFC 8705 §2.1.2)', () => {
  it('is its distinguished name as RFC 4514 spells it, and no other', async () => {
    const { x509 } = await makeCertificate({ subject: 'C=DE, O=Example\\, Inc., CN=partner' });
    const dn = 'CN=partner,O=Example\\, Inc.,C=DE';
    expect(hasSubject(x509, { subjectDn: dn })).toBe(true);
    for (const other of ['CN=partner', 'C=DE,O=Example\\, Inc.,CN=partner', dn.toLowerCase()]) {
      expect(hasSubject(x509, { subjectDn: other })).toBe(false);
    }
  });

  it('may be one of its alternative names, each of its own kind', async () => {
    const { x509 } = await makeCertificate({
      names: [
        { type: 'dns', value: 'a.example' },
        { type: 'dns', value: '*.wild.example' },
        { type: 'url', value: 'urn:example:a' },
        { type: 'ip', value: '192.0.2.1' },
        { type: 'email', value: 'a@b.example' },
      ],
    });
    expect(hasSubject(x509, { sanDns: 'a.example' })).toBe(true);
    expect(hasSubject(x509, { sanUri: 'urn:example:a' })).toBe(true);
    expect(hasSubject(x509, { sanIp: '192.0.2.1' })).toBe(true);
    expect(hasSubject(x509, { sanEmail: 'a@b.example' })).toBe(true);
    expect(hasSubject(x509, { sanDns: 'b.wild.example' })).toBe(false);
    expect(hasSubject(x509, { sanDns: 'urn:example:a' })).toBe(false);
    expect(hasSubject(x509, { sanUri: 'a.example' })).toBe(false);
    expect(hasSubject(x509, { sanIp: '192.0.2.2' })).toBe(false);
    expect(hasSubject(x509, { sanIp: 'a.example' })).toBe(false);
    expect(hasSubject(x509, { sanEmail: 'A@b.example' })).toBe(false);
    expect(hasSubject(x509, { subjectDn: 'a.example' })).toBe(false);
  });

  it('is not taken from the inside of another name', async () => {
    const { x509 } = await makeCertificate({
      names: [{ type: 'dns', value: 'a, URI:urn:good, DNS:good.example, b' }],
    });
    expect(hasSubject(x509, { sanUri: 'urn:good' })).toBe(false);
    expect(hasSubject(x509, { sanDns: 'good.example' })).toBe(false);
  });

  it('is nothing where the certificate names nobody so', async () => {
    const { x509 } = await makeCertificate();
    expect(hasSubject(x509, { sanUri: 'urn:good' })).toBe(false);
    expect(hasSubject(x509, { sanEmail: '' })).toBe(false);
  });
});
