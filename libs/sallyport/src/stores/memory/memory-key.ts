import { hash } from 'node:crypto';

/** One key of fixed length for a kind and an id: what strangers send as an id may be long. */
export const memoryKey = (kind: string, id: string): string =>
  hash('sha256', JSON.stringify([kind, id]), 'base64url');
