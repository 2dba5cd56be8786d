import 'reflect-metadata';
import { webcrypto, X509Certificate, KeyObject } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralName,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MILLISECONDS = 86_400_000;

/** A certificate with its key, made at run time. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
  readonly x509: X509Certificate;
  /** `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string;
  /** As a proxy writes it (RFC 9440 §2.2). */
  readonly header: string;
}

interface Wanted {
  /** RFC 4514, in the order that the certificate has it. @default CN=test */
  readonly subject?: string;
  readonly names?: readonly JsonGeneralName[];
  /** @default itself */
  readonly issuer?: TestAuthority;
  /** Days from now. @default from -1 to 1 */
  readonly valid?: readonly [from: number, to: number];
}

let serial = 0;

async function make(
  { subject = 'CN=test', names = [], issuer, valid: [from, to] = [-1, 1] }: Wanted,
  isAuthority: boolean,
) {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  serial += 1;
  const now = Date.now();
  const made = await X509CertificateGenerator.create(
    {
      serialNumber: serial.toString(16).padStart(2, '0'),
      subject,
      issuer: issuer?.subject ?? subject,
      notBefore: new Date(now + from * DAY_MILLISECONDS),
      notAfter: new Date(now + to * DAY_MILLISECONDS),
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: issuer?.signingKey ?? keys.privateKey,
      extensions: [
        ...(isAuthority ? [new BasicConstraintsExtension(true, 1, true)] : []),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension([...names])] : []),
        ...(issuer === undefined
          ? []
          : [await AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto)]),
      ],
    },
    webcrypto,
  );
  const x509 = new X509Certificate(Buffer.from(made.rawData));
  const certificate: TestCertificate = {
    cert: x509.toString(),
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
    x509,
    thumbprint: Buffer.from(await webcrypto.subtle.digest('SHA-256', x509.raw)).toString(
      'base64url',
    ),
    header: `:${x509.raw.toString('base64')}:`,
  };
  return { certificate, keys };
}

export const makeCertificate = async (wanted: Wanted = {}): Promise<TestCertificate> =>
  (await make(wanted, false)).certificate;

/** Who vouches for certificates. */
export class TestAuthority {
  private constructor(
    readonly subject: string,
    readonly certificate: TestCertificate,
    readonly signingKey: webcrypto.CryptoKey,
    readonly publicKey: webcrypto.CryptoKey,
  ) {}

  static create(subject = 'CN=Test Authority'): Promise<TestAuthority> {
    return TestAuthority.make({ subject });
  }

  private static async make(wanted: Wanted & { readonly subject: string }): Promise<TestAuthority> {
    const { certificate, keys } = await make(wanted, true);
    return new TestAuthority(wanted.subject, certificate, keys.privateKey, keys.publicKey);
  }

  get cert(): string {
    return this.certificate.cert;
  }

  /** One below, for which this one vouches. */
  intermediate(wanted: Pick<Wanted, 'valid'> & { readonly subject: string }) {
    return TestAuthority.make({ ...wanted, issuer: this });
  }

  issue(wanted: Omit<Wanted, 'issuer'> = {}): Promise<TestCertificate> {
    return makeCertificate({ ...wanted, issuer: this });
  }
}
