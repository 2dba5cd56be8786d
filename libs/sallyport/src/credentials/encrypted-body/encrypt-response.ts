import type { ServerResponse } from 'node:http';
import { encryptJwe } from '../../encryption/compact-jwe.js';
import { ctyOf, JOSE } from '../../encryption/media-types.js';
import { SallyportError } from '../../errors.js';
import type { Finish } from '../../request/held-response.js';
import type { AnswerKey } from './body-keys.js';

/** Without content, whatever a handler says (RFC 9110 §6.4.1). */
const WITHOUT_CONTENT = [204, 205, 304];

/**
 * Makes the whole content of a response a compact JWE in `application/jose`. What would tell of the plaintext goes: its length,
 * its validators, which many frameworks make by hashing it, and its ranges. An answer to HEAD, and one that has no content,
 * has nothing to encrypt.
 */
export function encryptWith({ kid, algorithm, key }: AnswerKey): Finish {
  return async (response, content) => {
    for (const name of ['etag', 'accept-ranges', 'content-md5', 'digest', 'content-digest']) {
      response.removeHeader(name);
    }
    // RFC 9111 §5.2.2.5: it is for one reader.
    response.setHeader('Cache-Control', 'no-store');
    if (WITHOUT_CONTENT.includes(response.statusCode)) return content;
    assertWhole(response);
    const type = response.getHeader('content-type');
    const cty = typeof type === 'string' ? { cty: ctyOf(type) } : {};
    response.setHeader('Content-Type', JOSE);
    response.removeHeader('content-length');
    if (response.req.method === 'HEAD') return content;
    const text = await encryptJwe(content, key, { alg: algorithm, kid, ...cty });
    const encrypted = Buffer.from(text);
    response.setHeader('Content-Length', encrypted.length);
    return encrypted;
  };
}

/** Neither was asked for: the request that the handler saw names no encoding and no range. */
function assertWhole(response: ServerResponse): void {
  if (!response.hasHeader('content-encoding') && !response.hasHeader('content-range')) return;
  const reason = '@EncryptedBody() cannot encrypt what is encoded, or a part';
  throw new SallyportError('ERR_OPTIONS_INVALID', { reason });
}
