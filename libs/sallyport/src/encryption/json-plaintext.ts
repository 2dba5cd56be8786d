import { isUtf8 } from 'node:buffer';

/** Without any of these there is no such member, and nothing has to be looked at twice. */
const SUSPECT = /__proto__|constructor|\\u/;

/**
 * The object or array in these bytes; null for anything else: no UTF-8, no JSON, a single value (Express refuses it), a
 * member named `__proto__`, or `prototype` within `constructor` (Fastify refuses them).
 */
export function jsonIn(bytes: Buffer): object | null {
  if (!isUtf8(bytes)) return null;
  try {
    const text = bytes.toString('utf8');
    const value: unknown = SUSPECT.test(text)
      ? JSON.parse(text, refusePrototypes)
      : JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function refusePrototypes(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new SyntaxError('a member named __proto__');
  if (name === 'constructor' && typeof value === 'object' && value !== null) {
    if (Object.hasOwn(value, 'prototype')) throw new SyntaxError('a member named prototype');
  }
  return value;
}
