import {
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary as dictionaryText,
  serializeInnerList as innerListText,
  serializeItem as itemText,
  serializeList as listText,
  type DisplayString,
  type Token,
} from 'structured-headers';
import { malformed } from './malformed.js';

// As the package has them, but for `BufferSource`, a type of browsers: without it there is no type at all.
export type BareItem =
  number | string | boolean | Date | Token | DisplayString | ArrayBuffer | Uint8Array;
export type Parameters = Map<string, BareItem>;
export type Item = [BareItem, Parameters];
export type InnerList = [Item[], Parameters];
export type Dictionary = Map<string, Item | InnerList>;

/** What may hold a comma without ending a member: strings, and byte sequences, which no colon in a token begins (RFC 9651 §3.3). */
const COMMAS_INSIDE = /"(?:[^"\\]|\\.)*"|(?<=[=( ,\t]):[^:]*:/g;

/** RFC 9651 §4.2.2; but a name that comes twice is refused, where the last would count and a proxy may take the first. */
export function readDictionary(text: string, field: string): Dictionary {
  const members = attempt(() => parseDictionary(text) as Dictionary, field);
  const written = text.includes(',') ? text.replace(COMMAS_INSIDE, '').split(',').length : 1;
  if (members.size !== written && text.trim() !== '') throw malformed(`${field} repeats a name`);
  return members;
}

export const readList = (text: string, field: string): (Item | InnerList)[] =>
  attempt(() => parseList(text) as (Item | InnerList)[], field);

export const readItem = (text: string, field: string): Item =>
  attempt(() => parseItem(text) as Item, field);

export const isInnerList = (member: Item | InnerList): member is InnerList =>
  Array.isArray(member[0]);

/** Null for what is no byte sequence. */
export const bytesOf = (value: BareItem | readonly Item[]): Buffer | null =>
  value instanceof ArrayBuffer ? Buffer.from(value) : null;

export const serializeItem = (item: Item): string => itemText(item);
export const serializeInnerList = (list: InnerList): string => innerListText(list);
export const serializeList = (list: (Item | InnerList)[]): string => listText(list);
export const serializeDictionary = (dictionary: Dictionary): string => dictionaryText(dictionary);

function attempt<T>(parse: () => T, field: string): T {
  try {
    return parse();
  } catch {
    throw malformed(`${field} is no structured field`);
  }
}
