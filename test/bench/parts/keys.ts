import { duel } from '../measuring/duel.js';
import type { Measure } from '../measuring/measure.js';
import type { Adapter } from '../servers/listen.js';
import { bare, route } from './route.js';
import { work } from './own-work.js';

const hot = (adapter: Adapter) =>
  route('Sallyport, API key', { adapter, app: 'guarded', credential: 'api-key' });
const passport = (adapter: Adapter) =>
  route('passport-headerapikey', { adapter, app: 'passport-headerapikey', credential: 'api-key' });
const betterAuth = (adapter: Adapter) =>
  route('better-auth', { adapter, app: 'better-auth', credential: 'api-key' });
const beside = (adapter: Adapter, baseline: ReturnType<typeof bare>): Measure =>
  duel({ contender: hot(adapter), baseline });

export const keyMeasures = {
  'keys/in-process': duel({
    contender: work('our API key'),
    baseline: work('better-auth API key'),
  }),
  'keys/fastify/passport': beside('fastify', passport('fastify')),
  'keys/express/passport': beside('express', passport('express')),
  'keys/fastify/better-auth': beside('fastify', betterAuth('fastify')),
  'keys/express/better-auth': beside('express', betterAuth('express')),
  'keys/fastify/bare': beside('fastify', bare('fastify', 'api-key')),
  'keys/cold': duel({
    contender: work('cold API key', true),
    baseline: work('prepared look-up', true),
    ratio: 'time',
    by: 'clock',
  }),
} satisfies Record<string, Measure>;
