import { duel } from '../measuring/duel.js';
import { requestsOf } from '../load/callers.js';
import type { Measure } from '../measuring/measure.js';
import type { Side } from '../measuring/side.js';
import { byTurns, onceEach } from '../load/wire.js';
import type { RouteSettings } from '../servers/route-apps.js';

type Adapter = RouteSettings['adapter'];
type Settings = Omit<RouteSettings, 'stores'>;

/** An app with the route, and a thousand callers that take turns. */
export const route = (name: string, settings: Settings, onRealStores = true): Side => ({
  name: `${settings.adapter}: ${name}`,
  program: 'route-server.ts',
  onRealStores,
  settings: (stores): RouteSettings => ({ ...settings, stores }),
  conversations: ({ credentials }) => [byTurns(requestsOf(credentials))],
});

export const bare = (adapter: Adapter, credential: 'token' | 'api-key' = 'token'): Side =>
  route('bare', { adapter, app: 'bare', credential }, false);

const guarded = (settings: Omit<Settings, 'app'>, onRealStores = true): Side =>
  route('Sallyport', { app: 'guarded', ...settings }, onRealStores);

const besideBare = (settings: Omit<Settings, 'app'>, onRealStores = true): Measure =>
  duel({
    contender: guarded(settings, onRealStores),
    baseline: bare(settings.adapter),
    sameAnswer: true,
  });

const besideTutorial = (adapter: Adapter, algorithm: 'ES256' | 'RS256' | 'HS256'): Measure =>
  duel({
    contender: guarded({ adapter, algorithm }),
    baseline: route('tutorial stack', { adapter, app: 'tutorial', algorithm }),
  });

/** More than can be verified while a row is measured. */
const TOKENS = 200_000;

/** Tokens that nobody has seen, each once. */
const firstSight = (adapter: Adapter): Measure =>
  duel({
    contender: {
      ...guarded({ adapter }),
      conversations: ({ credentials }) => [onceEach(requestsOf(credentials, TOKENS))],
    },
    baseline: route('bare + crypto.verify', { adapter, app: 'bare-verify' }, false),
  });

export const routeMeasures = {
  'route/fastify/leased': besideBare({ adapter: 'fastify' }),
  'route/express/leased': besideBare({ adapter: 'express' }),
  'route/fastify/leased-headers': besideBare({ adapter: 'fastify', headers: true }),
  'route/express/leased-headers': besideBare({ adapter: 'express', headers: true }),
  'route/fastify/exact': besideBare({ adapter: 'fastify', limits: 'exact' }),
  'route/express/exact': besideBare({ adapter: 'express', limits: 'exact' }),
  'route/fastify/memory': besideBare({ adapter: 'fastify' }, false),
  'route/express/memory': besideBare({ adapter: 'express' }, false),
  'tutorial/fastify/ES256': besideTutorial('fastify', 'ES256'),
  'tutorial/fastify/RS256': besideTutorial('fastify', 'RS256'),
  'tutorial/fastify/HS256': besideTutorial('fastify', 'HS256'),
  'tutorial/express/ES256': besideTutorial('express', 'ES256'),
  'tutorial/express/RS256': besideTutorial('express', 'RS256'),
  'first-sight/fastify': firstSight('fastify'),
  'first-sight/express': firstSight('express'),
} satisfies Record<string, Measure>;
