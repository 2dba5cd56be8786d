import type { Seeds } from '../apps/seeds.js';
import { requestsOfClients } from '../load/callers.js';
import { duel } from '../measuring/duel.js';
import type { Measure } from '../measuring/measure.js';
import type { Side } from '../measuring/side.js';
import type { RouteSettings } from '../servers/route-apps.js';
import { route } from './route.js';

const FEW = 1000;
/** To write them, and to let each client call. */
const SECONDS_PER_MILLION = { revocations: 60, apiKeys: 60, clients: 600 };

/** The same route with much and with little that has piled up; a thousand callers either way. */
const scale = (what: keyof Seeds, many: number): Measure => {
  const credential: NonNullable<RouteSettings['credential']> =
    what === 'apiKeys' ? 'api-key' : 'token';
  const settings = { adapter: 'fastify', app: 'guarded', credential } as const;
  const side = (count: number): Side => ({
    ...route(`${count} ${what}`, { ...settings, seeds: { [what]: count } }),
    // Each of them has called, so that there are as many limits as clients.
    ...(what === 'clients' && { beforehand: ({ credentials }) => requestsOfClients(credentials) }),
  });
  return duel({
    contender: side(many),
    baseline: side(FEW),
    ratio: 'time',
    seconds: 30 + (many / 1e6) * SECONDS_PER_MILLION[what],
  });
};

export const scaleMeasures = {
  'scale/revocations': scale('revocations', 1_000_000),
  'scale/keys': scale('apiKeys', 1_000_000),
  'scale/clients': scale('clients', 100_000),
  'scale/revocations-10-million': scale('revocations', 10_000_000),
} satisfies Record<string, Measure>;
