import { X509Certificate } from 'node:crypto';
import { invalidInput } from '../input.js';
import { algorithmsOf } from './client-keys.js';
import type { TlsClientAuth } from './client.js';

const MAX_CERTIFICATES = 10;
const SUBJECTS = ['subjectDn', 'sanDns', 'sanUri', 'sanIp', 'sanEmail'] as const;

/**
 * Certificates of a client, PEM or base64 of DER, each as base64 of its DER. Throws ERR_INPUT_INVALID for what is none,
 * and for keys of a kind that no client may have.
 */
export function readCertificates(given: unknown): readonly string[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_CERTIFICATES) {
    throw invalidInput('selfSignedCertificates must be a list of 1 to 10 certificates');
  }
  const certificates = given.map(readCertificate);
  if (new Set(certificates).size !== certificates.length) {
    throw invalidInput('selfSignedCertificates names a certificate twice');
  }
  return certificates;
}

function readCertificate(given: unknown): string {
  const x509 = certificateIn(given);
  if (x509 === null) throw invalidInput('selfSignedCertificates: one is no X.509 certificate');
  if (algorithmsOf(x509.publicKey).length === 0) {
    throw invalidInput(
      'selfSignedCertificates: keys must be EC P-256, Ed25519 or RSA of 2048 to 8192 bits',
    );
  }
  return x509.raw.toString('base64');
}

function certificateIn(given: unknown): X509Certificate | null {
  if (typeof given !== 'string') return null;
  try {
    return new X509Certificate(given.includes('BEGIN') ? given : Buffer.from(given, 'base64'));
  } catch {
    return null;
  }
}

/** The one subject, and nothing else that the object may carry. Throws ERR_INPUT_INVALID. */
export function readTlsClientAuth(given: TlsClientAuth): TlsClientAuth {
  const named = SUBJECTS.filter((name) => given[name] !== undefined);
  const [name, another] = named;
  const value = name === undefined ? undefined : given[name];
  if (name === undefined || another !== undefined || !isSubject(value)) {
    throw invalidInput(`tlsClientAuth must name exactly one of ${SUBJECTS.join(', ')}`);
  }
  return { [name]: value };
}

const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]{1,512}$/.test(value);
