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
  type Dictionary,
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
  message: RequestMessage,
): string | null {
  const { method, scheme, authority, target } = message;
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
      return queryParameter(message, parameters?.name ?? '');
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

/** RFC 9421 §2.2.8. Null when it came twice. */
const queryParameter = (message: RequestMessage, name: string): string | null =>
  queryParametersOf(message).get(name) ?? null;

/**
 * What was parsed for one component is there for all: a request whose signer nobody knows yet may name sixty, each of
 * which would read the whole query, or the whole dictionary, again.
 */
const queries = new WeakMap<RequestMessage, ReadonlyMap<string, string | null>>();
const dictionaries = new WeakMap<Fields, Map<string, Dictionary>>();

/** Decoded and encoded again, so that all spellings of one name or value are one; null for a name that came twice. */
function queryParametersOf(message: RequestMessage): ReadonlyMap<string, string | null> {
  const known = queries.get(message);
  if (known !== undefined) return known;
  const parameters = new Map<string, string | null>();
  for (const [key, value] of new URLSearchParams(queryOf(message.target).slice(1))) {
    const name = encoded(key);
    parameters.set(name, parameters.has(name) ? null : encoded(value));
  }
  queries.set(message, parameters);
  return parameters;
}

function dictionaryOf(fields: Fields, name: string, text: string): Dictionary {
  const known = dictionaries.get(fields) ?? new Map<string, Dictionary>();
  dictionaries.set(fields, known);
  const dictionary = known.get(name) ?? readDictionary(text, name);
  known.set(name, dictionary);
  return dictionary;
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
    const member = dictionaryOf(fields, name, text).get(key);
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
