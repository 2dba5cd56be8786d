/** The media type of a JWE in compact serialization (RFC 7515 §9.2.1). It has no parameters. */
export const JOSE = 'application/jose';

export const isJose = (contentType: string | undefined): boolean =>
  contentType?.trim().toLowerCase() === JOSE;

const JSON_TYPE = /^(?:application\/)?json(?:\s*;\s*charset="?utf-8"?)?$/i;

/** Whether `cty` says that the plaintext is JSON (RFC 7516 §4.1.12): `json`, or in full `application/json`. */
export const saysJson = (cty: string | null): boolean => cty !== null && JSON_TYPE.test(cty);

const SHORT = /^application\/([^/]+)$/i;
/** JSON has no charset (RFC 8259 §11), though frameworks write one. */
const NEEDLESS_CHARSET = /^(application\/(?:[\w.-]+\+)?json)\s*;\s*charset="?utf-8"?$/i;

/** `cty` for content of this type: without `application/` where nothing else has a slash (RFC 7515 §4.1.10). */
export function ctyOf(contentType: string): string {
  const type = contentType.trim().replace(NEEDLESS_CHARSET, '$1');
  return SHORT.exec(type)?.[1] ?? type;
}

/** Whether `Accept` lets an answer be a JWE (RFC 9110 §12.5.1): the most specific range that fits decides. */
export function acceptsJose(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  const weights = new Map<string, boolean>();
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter));
    weights.set(type, !isRefused);
  }
  return weights.get(JOSE) ?? weights.get('application/*') ?? weights.get('*/*') ?? false;
}
