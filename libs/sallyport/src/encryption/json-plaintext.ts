import { isUtf8 } from 'node:buffer';

/** What JSON a body may be: what the parsers of both adapters take, and no member that would become a prototype. */
type JsonBody = object;

/**
 * The object or array in these bytes; null for anything else: no UTF-8, no JSON, a single value (Express refuses it), a
 * member named `__proto__`, or `prototype` within `constructor` (Fastify refuses them).
 */
export function jsonIn(bytes: Buffer): JsonBody | null {
  if (!isUtf8(bytes)) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'), refusePrototypes);
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
