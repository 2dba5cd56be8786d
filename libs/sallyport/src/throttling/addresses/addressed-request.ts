import type { IncomingMessage } from 'node:http';

/** Where a request carries the block of the address that it came from, once that was worked out. */
export const BLOCK = Symbol('sallyport.address-block');

export type AddressedRequest = IncomingMessage & { [BLOCK]?: string };
