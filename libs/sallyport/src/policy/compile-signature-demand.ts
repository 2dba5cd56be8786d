import type { Component } from '../signatures/component.js';
import {
  DEFAULT_MAX_AGE_SECONDS,
  demandedComponent,
  USUAL_DEMAND,
  type SignatureDemand,
  type SignatureScheme,
} from '../signatures/signature-demand.js';
import type { SignedRequestOptions } from './demands.decorator.js';

const MAX_AGE_SECONDS = 3600;
const SCHEMES: readonly SignatureScheme[] = ['rfc9421', 'aws4-hmac-sha256'];

/** What signatures must cover on a route: always where they are demanded, and where one may stand for an API key. */
export function compileSignatureDemand(
  route: string,
  options: SignedRequestOptions | null,
  wantsApiKey: boolean,
  mistakes: string[],
): SignatureDemand | null {
  if (options === null) return wantsApiKey ? USUAL_DEMAND : null;
  const {
    scheme = 'rfc9421',
    components = [],
    maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS,
    tag = null,
  } = options;
  if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 1 || maxAgeSeconds > MAX_AGE_SECONDS) {
    mistakes.push(`${route}: maxAgeSeconds of @SignedRequest() must be a whole number to 3600`);
  }
  if (tag !== null && !/^[\x20-\x7e]{1,256}$/.test(tag)) {
    mistakes.push(`${route}: tag of @SignedRequest() must be 1 to 256 ASCII characters`);
  }
  if (!SCHEMES.includes(scheme)) {
    mistakes.push(`${route}: scheme of @SignedRequest() must be one of ${SCHEMES.join(', ')}`);
  }
  if (scheme === 'aws4-hmac-sha256' && (components.length > 0 || tag !== null)) {
    mistakes.push(`${route}: aws4-hmac-sha256 knows neither components nor tag`);
  }
  return Object.freeze({
    scheme,
    components: Object.freeze(components.flatMap((text) => read(text, route, mistakes))),
    maxAgeSeconds,
    tag,
    isRequired: true,
  });
}

function read(text: string, route: string, mistakes: string[]): readonly Component[] {
  try {
    const component = demandedComponent(text);
    if (component.name !== '@status' && component.parameters?.req !== true) return [component];
  } catch {
    // said below
  }
  mistakes.push(`${route}: ${JSON.stringify(text)} is no component of a request (RFC 9421 §2)`);
  return [];
}
