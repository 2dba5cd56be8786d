import { SallyportError } from './errors.js';

/** Refuses what a caller of a service got wrong; `detail` may be shown to whoever sent it. */
export const invalidInput = (detail: string): SallyportError =>
  new SallyportError('ERR_INPUT_INVALID', { reason: detail, detail });

/** What was sent, short and on one line, for a message: it can be of any length, and hold anything. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`. */
export const isScopeToken = (text: string): boolean =>
  /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(text);

/** 1 to 64 of `A-Z a-z 0-9 . _ -`. */
export const isClientId = (text: string): boolean => /^[\w.-]{1,64}$/.test(text);

const CONTROL = /\p{Cc}/u;

/** A name people give to a thing: 1 to 100 characters, none of them control characters. */
export const isName = (text: string): boolean =>
  /\S/.test(text) && text.length <= 100 && !CONTROL.test(text);
