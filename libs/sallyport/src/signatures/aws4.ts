import { createHmac, hash } from 'node:crypto';
import { fieldValue, type RequestMessage } from './http-message.js';
import { malformed } from './malformed.js';

/** What `Authorization: AWS4-HMAC-SHA256` says. Not yet believed. */
export interface Aws4Authorization {
  readonly keyid: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** In lower case and in order. */
  readonly signedHeaders: readonly string[];
  /** 64 hex digits. */
  readonly signature: string;
}

export const AWS4 = 'AWS4-HMAC-SHA256';

const MAX_LENGTH = 2048;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([0-9A-Za-z]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request, ?SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*), ?Signature=([0-9a-f]{64})$/;
const TIMESTAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Throws ERR_SIGNATURE_MALFORMED for anything that is not spelt exactly so. */
export function readAws4(value: string): Aws4Authorization {
  const [, keyid, date, region, service, headers, signature] =
    value.length > MAX_LENGTH ? [] : (AUTHORIZATION.exec(value) ?? []);
  if (!keyid || !date || !region || !service || !headers || !signature) {
    throw malformed('Authorization is no AWS4-HMAC-SHA256');
  }
  const signedHeaders = headers.split(';');
  if (signedHeaders.join(';') !== [...new Set(signedHeaders)].sort().join(';')) {
    throw malformed('SignedHeaders are not in order');
  }
  return { keyid, date, region, service, signedHeaders, signature };
}

/** Seconds since 1970 of `X-Amz-Date`, such as `20300101T120000Z`; null for anything else. */
export function secondsOfAws4(timestamp: string): number | null {
  const [, year, month, day, hour, minute, second] = TIMESTAMP.exec(timestamp) ?? [];
  if (year === undefined) return null;
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

/**
 * The canonical request (Signature Version 4, "Create a canonical request"), for services other than S3: the path is
 * encoded once more. Null for a path that would have to be normalised, and where a signed header is missing: another
 * request would have the same signature.
 */
export function canonicalRequest(
  { method, target, authority, fields }: RequestMessage,
  signedHeaders: readonly string[],
  payloadHash: string,
): string | null {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = canonicalQuery(mark === -1 ? '' : target.slice(mark + 1));
  if (query === null || /\/(?:\.{0,2}\/|\.{1,2}$)/.test(path)) return null;
  let headers = '';
  for (const name of signedHeaders) {
    const value = name === 'host' ? authority : fieldValue(fields, name);
    if (value === null) return null;
    headers += `${name}:${value.replaceAll(/[ \t]+/g, ' ')}\n`;
  }
  const encodedPath = escapeUri(path).replaceAll('%2F', '/');
  return [method, encodedPath, query, headers, signedHeaders.join(';'), payloadHash].join('\n');
}

/** The signature, in hex, of a canonical request under the secret of an API key. */
export function aws4Signature(
  secret: string,
  { date, region, service }: Pick<Aws4Authorization, 'date' | 'region' | 'service'>,
  timestamp: string,
  canonical: string,
): string {
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = [AWS4, timestamp, scope, hash('sha256', canonical, 'hex')].join('\n');
  let key: string | Buffer = `AWS4${secret}`;
  for (const part of [date, region, service, 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return createHmac('sha256', key).update(text).digest('hex');
}

function canonicalQuery(query: string): string | null {
  if (query === '') return '';
  // Frameworks read a space there, and the canonical form a plus: `1+1` and `1%2B1` would have one signature.
  if (query.includes('+')) return null;
  try {
    return query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const equals = pair.indexOf('=');
        const name = equals === -1 ? pair : pair.slice(0, equals);
        const value = equals === -1 ? '' : pair.slice(equals + 1);
        return [escapeUri(decodeURIComponent(name)), escapeUri(decodeURIComponent(value))] as const;
      })
      .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
      .map((pair) => pair.join('='))
      .join('&');
  } catch {
    return null;
  }
}

const compare = (a: string, b: string): number => Number(a > b) - Number(a < b);

/** All but the unreserved characters of RFC 3986 §2.3. */
const escapeUri = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
