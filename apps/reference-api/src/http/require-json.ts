import type { IncomingMessage, ServerResponse } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/** Middleware: a body is JSON in UTF-8 (RFC 8259 §8.1), or refused with 415 before it is read. */
export function requireJson(
  request: IncomingMessage,
  _response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  if (!hasBody || JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    next();
    return;
  }
  next(new UnsupportedMediaTypeException('Send the body as application/json.'));
}
