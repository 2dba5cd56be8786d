import type { Component } from './component.js';
import { componentValue } from './component-value.js';
import type { HttpMessage } from './http-message.js';

/** What a field may hold that is signed as text: others can be signed with `bs` (RFC 9421 §2.1.3). */
const ONE_LINE = /^[\t\x20-\x7e]*$/;

/**
 * The signature base (RFC 9421 §2.5): a line for each component, and one for the parameters. Null when the message
 * has not got what is covered, or not in a form that can be signed.
 */
export function signatureBase(
  components: readonly Component[],
  parameters: string,
  message: HttpMessage,
): string | null {
  let base = '';
  for (const component of components) {
    const value = componentValue(component, message);
    if (value === null || !ONE_LINE.test(value)) return null;
    base += `${component.identifier}: ${value}\n`;
  }
  return `${base}"@signature-params": ${parameters}`;
}
