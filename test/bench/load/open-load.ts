import { performance } from 'node:perf_hooks';
import { Connection } from './connection.js';
import { CONNECTIONS } from './load.js';
import type { Conversation } from './wire.js';

const TICK_MS = 1;

/**
 * Sends so many requests a second, whether or not those before have been answered, as far as there are connections for
 * them: four times as many as under full load, since nobody waits for anyone. Says how many a second were answered.
 */
export async function openLoad(
  port: number,
  conversation: Conversation,
  { perSecond, milliseconds }: { perSecond: number; milliseconds: number },
): Promise<number> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const free = await Promise.all(
    Array.from({ length: 4 * CONNECTIONS }, () => Connection.open(port, reject)),
  );
  const all = [...free];
  const sending = new Promise<number>((resolve) => {
    const startedAt = performance.now();
    let sent = 0;
    let answered = 0;
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt;
      const due = Math.floor((elapsed / 1000) * perSecond);
      while (sent < due && elapsed < milliseconds) {
        const connection = free.pop();
        if (connection === undefined) break;
        sent += 1;
        connection.send(conversation, () => {
          answered += 1;
          free.push(connection);
        });
      }
      if (elapsed < milliseconds) return;
      clearInterval(timer);
      resolve((answered / elapsed) * 1000);
    }, TICK_MS);
  });
  try {
    return await Promise.race([sending, failed]);
  } finally {
    for (const connection of all) connection.close();
  }
}
