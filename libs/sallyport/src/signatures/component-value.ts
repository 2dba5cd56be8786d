import type { Component, ComponentParameters } from './component.js';
import { fieldValue, type Fields, type HttpMessage, type RequestMessage } from './http-message.js';
import {
  isInnerList,
  readDictionary,
  readItem,
  readList,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
} from './structured-fields.js';

/** Fields whose type is known: without it nothing can be serialised anew (RFC 9421 §2.1.1). */
const TYPES = new Map<string, 'dictionary' | 'list' | 'item'>([
  ...['accept-signature', 'content-digest', 'priority', 'repr-digest', 'signature'].map(
    (name) => [name, 'dictionary'] as const,
  ),
  ...['signature-input', 'want-content-digest', 'want-repr-digest'].map(
    (name) => [name, 'dictionary'] as const,
  ),
  ...['cache-status', 'client-cert-chain', 'proxy-status'].map((name) => [name, 'list'] as const),
  ...['client-cert', 'idempotency-key'].map((name) => [name, 'item'] as const),
]);

/**
 * The value of a component (RFC 9421 §2.1, §2.2), or null where the message has no such thing, or has it several times
 * where one is meant: then nobody can have signed it.
 */
export function componentValue(component: Component, message: HttpMessage): string | null {
  const { name, parameters } = component;
  const isResponse = 'status' in message;
  if (parameters?.req === true && !isResponse) return null;
  const source = parameters?.req === true && isResponse ? message.request : message;
  if (name.startsWith('@')) {
    if ('status' in source) return name === '@status' ? source.status.toString() : null;
    return derivedValue(name, parameters, source);
  }
  return parameters === null
    ? fieldValue(source.fields, name)
    : valueWithParameters(name, parameters, source.fields);
}

function derivedValue(
  name: string,
  parameters: ComponentParameters | null,
  { method, scheme, authority, target }: RequestMessage,
): string | null {
  switch (name) {
    case '@method':
      return method;
    case '@authority':
      return authority;
    case '@scheme':
      return scheme;
    case '@target-uri':
      return `${scheme}://${authority}${target}`;
    case '@request-target':
      return target;
    case '@path':
      return pathOf(target);
    case '@query':
      return queryOf(target);
    case '@query-param':
      return queryParameter(target, parameters?.name ?? '');
    default:
      return null;
  }
}

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? target : target.slice(0, mark);
}

/** RFC 9421 §2.2.7: with its question mark, which stands alone where there is no query. */
function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? '?' : target.slice(mark);
}

/** RFC 9421 §2.2.8: decoded and encoded again, so that all spellings of one value are one. Null when it came twice. */
function queryParameter(target: string, name: string): string | null {
  let found: string | null = null;
  for (const [key, value] of new URLSearchParams(queryOf(target).slice(1))) {
    if (encoded(key) !== name) continue;
    if (found !== null) return null;
    found = encoded(value);
  }
  return found;
}

/** The percent-encode set of `application/x-www-form-urlencoded`, with `%20` for a space. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

function valueWithParameters(
  name: string,
  { sf, key, bs }: ComponentParameters,
  fields: Fields,
): string | null {
  const lines = fields.get(name);
  if (lines === undefined) return null;
  if (bs)
    return lines.map((line) => `:${Buffer.from(line, 'latin1').toString('base64')}:`).join(', ');
  const text = lines.join(', ');
  if (key !== null) {
    const member = readDictionary(text, name).get(key);
    if (member === undefined) return null;
    return isInnerList(member) ? serializeInnerList(member) : serializeItem(member);
  }
  return sf ? serializedAnew(name, text) : text;
}

function serializedAnew(name: string, text: string): string | null {
  switch (TYPES.get(name)) {
    case 'dictionary':
      return serializeDictionary(readDictionary(text, name));
    case 'list':
      return serializeList(readList(text, name));
    case 'item':
      return serializeItem(readItem(text, name));
    case undefined:
      return null;
  }
}
