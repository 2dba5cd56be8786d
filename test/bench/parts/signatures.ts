import { duel } from '../measuring/duel.js';
import type { Measure } from '../measuring/measure.js';
import { signedRequests } from '../load/callers.js';
import { onceEach } from '../load/wire.js';
import type { Adapter } from '../servers/listen.js';
import { work } from './own-work.js';
import { route } from './route.js';

/** More than can be verified while a row is measured. */
const REQUESTS = 400_000;

/** One route, by an API key that signs, and by one that is sent. */
const besideKey = (adapter: Adapter): Measure =>
  duel({
    contender: {
      ...route('signed', { adapter, app: 'guarded', credential: 'signature' }, false),
      conversations: ({ credentials }) => [onceEach(signedRequests(credentials, REQUESTS))],
    },
    baseline: route('API key', { adapter, app: 'guarded', credential: 'api-key' }, false),
  });

export const signatureMeasures = {
  'signatures/hmac': duel({
    contender: work('HMAC-signed request'),
    baseline: work('HMAC and SHA-256'),
    ratio: 'time',
  }),
  'signatures/rival': duel({
    contender: work('HMAC-signed request'),
    baseline: work('http-message-signatures'),
  }),
  'signatures/ed25519': duel({
    contender: work('Ed25519-signed request'),
    baseline: work('Ed25519 verify'),
    ratio: 'time',
  }),
  'signatures/fastify/route': besideKey('fastify'),
  'signatures/express/route': besideKey('express'),
} satisfies Record<string, Measure>;
