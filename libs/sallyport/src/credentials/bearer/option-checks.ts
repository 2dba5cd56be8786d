import type { SigningAlgorithm } from '../../signing-keys/signing-key.js';
import { SIGNING_ALGORITHMS, isSigningAlgorithm } from './jws.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** RFC 8414 §2: an issuer has neither query nor fragment. */
export function checkIssuer(
  name: string,
  value: string,
  isDevelopment: boolean,
  mistakes: string[],
): void {
  checkUrl(name, value, isDevelopment, mistakes);
  if (/[?#]/.test(value)) mistakes.push(`${name} must have no query or fragment`);
}

/** https; plain http on loopback is for development. */
export function checkUrl(
  name: string,
  value: string,
  isDevelopment: boolean,
  mistakes: string[],
): void {
  const url = URL.parse(value);
  const isLocal = isDevelopment && url?.protocol === 'http:' && LOOPBACK.test(url.hostname);
  if (url?.protocol !== 'https:' && !isLocal) {
    mistakes.push(`${name} must be an https URL (in development also http on loopback)`);
  } else if (url.username !== '' || url.password !== '') {
    mistakes.push(`${name} must carry no credentials`);
  }
}

/** The algorithms that can be used, a copy. */
export function checkAlgorithms(
  name: string,
  algorithms: unknown,
  mistakes: string[],
): readonly SigningAlgorithm[] {
  const isList = Array.isArray(algorithms) && algorithms.length > 0;
  if (isList && algorithms.every(isSigningAlgorithm)) return Object.freeze([...algorithms]);
  mistakes.push(`${name} must be a list of ${SIGNING_ALGORITHMS.join(', ')}`);
  return [];
}

export function checkInteger(
  name: string,
  value: number,
  [least, most]: readonly [number, number],
  mistakes: string[],
): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    mistakes.push(`${name} must be an integer from ${String(least)} to ${String(most)}`);
  }
}

export const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((entry) => typeof entry === 'string' && entry !== '');
