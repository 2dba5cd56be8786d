import type { RealStores } from '../apps/real-stores.js';
import type { Work } from './work.js';

export interface WorkSettings {
  readonly work: WorkName;
  readonly stores: RealStores | null;
}

/** Loaded by name, since a rival is there only if it was installed. */
const works = {
  'our API key': async () => (await import('./api-key.works.js')).ourApiKey(),
  'better-auth API key': async () => (await import('./api-key.works.js')).betterAuthApiKey(),
  'cold API key': async (stores) => (await import('./cold-key.works.js')).coldApiKey(stores),
  'prepared look-up': async (stores) =>
    (await import('./cold-key.works.js')).preparedLookup(stores),
  'limiter, exact': async (stores) => (await import('./limiter.works.js')).limiter(stores, 'exact'),
  'limiter, leased': async (stores) =>
    (await import('./limiter.works.js')).limiter(stores, 'leased'),
  EVALSHA: async (stores) => (await import('./limiter.works.js')).limiter(stores, 'handWritten'),
  '@nest-lab storage': async (stores) => (await import('./limiter.works.js')).nestLab(stores),
  'token, first sight': async () => (await import('./token.works.js')).tokenFirstSeen(),
  'crypto.verify': async () => (await import('./token.works.js')).rawVerify(),
  'HMAC-signed request': async () => (await import('./signature.works.js')).hmacSigned(),
  'HMAC and SHA-256': async () => (await import('./signature.works.js')).rawHmac(),
  'http-message-signatures': async () => (await import('./signature.works.js')).otherHmac(),
  'Ed25519-signed request': async () => (await import('./signature.works.js')).ed25519Signed(),
  'DPoP proof': async () => (await import('./proof.works.js')).dpopProofs(),
  'ES256 verify and a store call': async () => (await import('./proof.works.js')).rawProofs(),
  'Ed25519 verify': async () => (await import('./signature.works.js')).rawEd25519(),
} satisfies Record<string, (stores: RealStores) => Promise<Work>>;

export type WorkName = keyof typeof works;

export function workOf({ work, stores }: WorkSettings): Promise<Work> {
  return works[work](stores!);
}
