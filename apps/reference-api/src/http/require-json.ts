import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { Middleware } from './middleware.js';
import { isAuthorizationServer, isForEncrypted } from './paths.js';

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/** Middleware: a body is plain JSON in UTF-8 (RFC 8259 §8.1), or refused with 415 before it is read; encrypted where that is taken. */
export const requireJson: Middleware = ({ headers, url }, _response, next) => {
  const length = headers['content-length'] ?? '0';
  const hasBody = headers['transfer-encoding'] !== undefined || length !== '0';
  // OAuth speaks in forms (RFC 6749 appendix B); its server reads them itself.
  if (!hasBody || isAuthorizationServer(url)) {
    next();
  } else if (!isTaken(headers['content-type'] ?? '', url)) {
    next(new UnsupportedMediaTypeException('Send the body as application/json.'));
  } else if (headers['content-encoding'] !== undefined) {
    next(new UnsupportedMediaTypeException('Send the body without content encoding.'));
  } else {
    next();
  }
};

const isTaken = (type: string, url: string | undefined): boolean =>
  JSON_TYPE.test(type) || (isForEncrypted(url) && /^application\/jose$/i.test(type));
