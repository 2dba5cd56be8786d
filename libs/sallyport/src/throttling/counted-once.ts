import type { IncomingMessage } from 'node:http';

const QUOTAS = Symbol('sallyport.quotas-counted');

type Counted = IncomingMessage & { [QUOTAS]?: true };

/**
 * Whether the quotas of a request were not counted yet; they are from now on: a guard that is bound twice still counts
 * once. A property, since a WeakSet costs a hash for each request.
 */
export function isFirst(raw: IncomingMessage): boolean {
  const request: Counted = raw;
  if (request[QUOTAS] === true) return false;
  request[QUOTAS] = true;
  return true;
}
