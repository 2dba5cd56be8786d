import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../errors.js';

const codes = new WeakMap<IncomingMessage, ErrorCode>();

/** The code with which a request was refused, for whoever counts when it is over; null when we refused nothing. */
export const refusalOf = (request: IncomingMessage): ErrorCode | null => codes.get(request) ?? null;

/** @internal */
export function noteRefusal(request: IncomingMessage, code: ErrorCode): void {
  codes.set(request, code);
}
