import type { Component } from './component.js';
import type { PresentedSignature, SignatureParameters } from './presented-signature.js';

const MAX_LISTS = 1000;
const LABEL = /^[a-z*][a-z0-9_.*-]{0,63}$/;
/** One parameter as a structured field is serialised: an integer without leading zeros, a string without escapes. */
const PARAMETER =
  /;(?:(created|expires)=(0|[1-9]\d{0,14})|(nonce|alg|keyid|tag)="([ !#-[\]-~]{0,256})")/y;

/**
 * Signatures as nearly all are spelt: one, in canonical form, over a list of components that was read before. To parse
 * and to serialise them costs more than to verify them. Whatever is spelt otherwise is not for here.
 */
export class UsualSignatures {
  private readonly lists = new Map<string, readonly Component[]>();

  /** Null for anything else, good or bad. */
  read(input: string, signature: string): PresentedSignature | null {
    const equals = input.indexOf('=');
    const end = input.indexOf(')', equals) + 1;
    const components = this.lists.get(input.slice(equals + 1, end));
    if (components === undefined) return null;
    const label = input.slice(0, equals);
    const bytes = LABEL.test(label) ? bytesOf(signature, label) : null;
    const parameters = bytes === null ? null : parametersOf(input, end);
    if (bytes === null || parameters === null) return null;
    return { label, components, parameters, serialized: input.slice(equals + 1), signature: bytes };
  }

  /** Remembers the list of one that was read the long way. */
  note({ components, serialized }: PresentedSignature): void {
    const list = `(${components.map(({ identifier }) => identifier).join(' ')})`;
    if (!serialized.startsWith(list) || this.lists.has(list)) return;
    // Anyone can write lists: whoever writes many only makes us read the long way.
    if (this.lists.size >= MAX_LISTS) this.lists.clear();
    this.lists.set(list, components);
  }
}

function bytesOf(signature: string, label: string): Buffer | null {
  const start = label.length + '=:'.length;
  if (!signature.startsWith('=:', label.length) || !signature.startsWith(label)) return null;
  if (!signature.endsWith(':') || signature.length <= start) return null;
  const text = signature.slice(start, -1);
  const bytes = Buffer.from(text, 'base64');
  // Node reads more than base64, and writes nothing else.
  return bytes.toString('base64') === text ? bytes : null;
}

function parametersOf(input: string, start: number): SignatureParameters | null {
  const read: { -readonly [Name in keyof SignatureParameters]: SignatureParameters[Name] } = {
    created: null,
    expires: null,
    nonce: null,
    alg: null,
    keyid: null,
    tag: null,
  };
  let at = start;
  while (at < input.length) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(input);
    if (found === null) return null;
    const [whole, numeric, digits, textual, text] = found;
    if (numeric === 'created' || numeric === 'expires') {
      if (read[numeric] !== null) return null;
      read[numeric] = Number(digits);
    } else if (textual !== undefined && text !== undefined) {
      const name = textual as 'nonce' | 'alg' | 'keyid' | 'tag';
      if (read[name] !== null) return null;
      read[name] = text;
    }
    at += whole.length;
  }
  return read;
}
