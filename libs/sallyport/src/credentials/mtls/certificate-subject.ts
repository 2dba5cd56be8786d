import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TlsClientAuth } from '../../clients/client.js';

/** `DNS:a, URI:"b, c"`: names with anything unusual in them are quoted as JSON is. */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** Whether a certificate is for the one subject that a client registered (RFC 8705 §2.1.2). Exactly: no wildcards. */
export function hasSubject(x509: X509Certificate, expected: TlsClientAuth): boolean {
  if (expected.subjectDn !== undefined) return distinguishedName(x509) === expected.subjectDn;
  if (expected.sanIp !== undefined) {
    return isIP(expected.sanIp) !== 0 && x509.checkIP(expected.sanIp) !== undefined;
  }
  const { sanDns, sanUri, sanEmail } = expected;
  const names = alternativeNames(x509.subjectAltName ?? '');
  if (sanDns !== undefined)
    return names.some(({ kind, name }) => kind === 'DNS' && name === sanDns);
  if (sanUri !== undefined)
    return names.some(({ kind, name }) => kind === 'URI' && name === sanUri);
  return names.some(({ kind, name }) => kind === 'email' && name === sanEmail);
}

/**
 * RFC 4514 §2.1: the last part first. Node writes one part a line, each escaped as that RFC says; and nothing, whatever
 * its types say, for a subject without parts.
 */
const distinguishedName = ({ subject }: { readonly subject: string | undefined }): string =>
  (subject ?? '').split('\n').reverse().join(',');

/** None at all where the text is not wholly read: half of it could be a lie. */
function alternativeNames(
  text: string,
): readonly { readonly kind: string; readonly name: string }[] {
  const names: { kind: string; name: string }[] = [];
  for (let position = 0; position < text.length; position = NAME.lastIndex) {
    NAME.lastIndex = position;
    const [, kind, name] = NAME.exec(text) ?? [];
    if (kind === undefined || name === undefined) return [];
    names.push({ kind, name: name.startsWith('"') ? (JSON.parse(name) as string) : name });
  }
  return names;
}
