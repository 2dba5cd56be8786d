import type { IncomingMessage } from 'node:http';
import { headerLines } from '../../request/header.js';
import { InteractionRefusal } from './interaction-refusal.js';

const MAX_BYTES = 8_192;
const TIMEOUT_SECONDS = 5;

/** What browsers send, or the same with the only character encoding that there is. */
const FORM = /^application\/x-www-form-urlencoded(\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Reads a form of these fields, each at most once; what was not sent is not there. Strict where parsers guess: no
 * other field, nothing without `=`, no broken percent-encoding, UTF-8. Throws InteractionRefusal.
 */
export async function readForm<Field extends string>(
  request: IncomingMessage,
  fields: readonly Field[],
): Promise<Readonly<Partial<Record<Field, string>>>> {
  const [type = '', ...otherTypes] = headerLines(request, 'content-type');
  if (otherTypes.length > 0 || !FORM.test(type)) throw new InteractionRefusal('form-unsupported');
  if (request.headers['content-encoding'] !== undefined) {
    throw new InteractionRefusal('form-unsupported');
  }
  const form: Partial<Record<Field, string>> = {};
  const text = await readText(request);
  for (const pair of text === '' ? [] : text.split('&')) {
    const end = pair.indexOf('=');
    const name = decode(pair.slice(0, Math.max(0, end)));
    const field = fields.find((known) => known === name);
    if (field === undefined || Object.hasOwn(form, field)) {
      throw new InteractionRefusal('form-malformed');
    }
    form[field] = decode(pair.slice(end + 1));
  }
  return form;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new InteractionRefusal('form-malformed');
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  if (request.readableDidRead) {
    throw new Error('a body parser has read the form: none may run under the path of the pages');
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) {
    throw new InteractionRefusal('form-too-large');
  }
  const text = (await readBytes(request)).toString('latin1');
  // A form's own encoding needs no other bytes than these.
  if (!/^[\x21-\x7e]*$/.test(text)) throw new InteractionRefusal('form-malformed');
  return text;
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const refuse = (code: 'form-slow' | 'form-too-large' | 'form-malformed') => (): void => {
    reject(new InteractionRefusal(code));
  };
  const keep = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) refuse('form-too-large')();
  };
  const timer = setTimeout(refuse('form-slow'), TIMEOUT_SECONDS * 1000);
  request
    .on('data', keep)
    .once('end', () => {
      resolve(Buffer.concat(chunks));
    })
    .once('error', refuse('form-malformed'))
    .once('close', refuse('form-malformed'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    // What still comes is thrown away: unread, it would hold up the next request of the connection.
    request.off('data', keep).resume();
  }
}
