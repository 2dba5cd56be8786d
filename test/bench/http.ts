import { BenchServer } from './bench-server.js';
import { Comparing, type Contender, type HttpResult } from './comparing.js';
import { byTurns } from './load.js';
import { withRealStores, type RealStores } from './real-stores.js';
import type { Loads, ServerSettings } from './server.js';

/** The same handler bare and behind each app. */
export async function overHttp(): Promise<readonly HttpResult[]> {
  const results: HttpResult[] = [];
  for (const adapter of ['fastify', 'express'] as const) {
    results.push(...(await withRealStores((stores) => onAdapter(adapter, stores))));
  }
  return results;
}

async function onAdapter(
  adapter: ServerSettings['adapter'],
  stores: RealStores | null,
): Promise<readonly HttpResult[]> {
  const kinds = (['bare', 'passport', 'memory', 'real'] as const).filter(
    (kind) => kind !== 'real' || stores !== null,
  );
  const servers: BenchServer<Loads>[] = [];
  const contenders: Contender[] = [];
  try {
    for (const kind of kinds) {
      const settings: ServerSettings = { adapter, kind, stores };
      const server = await BenchServer.start<Loads>('server.ts', settings);
      servers.push(server);
      contenders.push(...contendersOf(server, settings));
    }
    const [bare, ...others] = contenders;
    if (bare === undefined) return [];
    const comparing = await Comparing.with(bare);
    for (const contender of others) await comparing.compare(contender);
    return comparing.results();
  } finally {
    for (const server of servers) await server.stop();
  }
}

const contendersOf = (
  server: BenchServer<Loads>,
  { adapter, kind }: ServerSettings,
): readonly Contender[] =>
  Object.entries(server.loads).map(([name, headers]) => ({
    name: `${adapter}: ${name}${kind === 'real' ? ', PostgreSQL + Redis' : ''}`,
    server,
    conversations: [byTurns(headers.map((each) => ({ path: '/invoices', headers: each })))],
  }));
