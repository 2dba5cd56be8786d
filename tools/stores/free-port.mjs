import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range from which systems take ports for `listen(0)` and for connections that go out: nobody else is given
 * one of these by chance, neither before it is bound nor while the server on it is away.
 */
const FIRST = 20_000;
const COUNT = 12_000;
/** Each of the processes that run at once, Jest's workers, chooses from a share of its own. */
const SHARES = 8;
const share = Number(process.env.JEST_WORKER_ID ?? 0) % SHARES;
const ports = Math.floor(COUNT / SHARES);
let given = randomInt(ports);

/** A free port of the loopback interface. No other caller in this process is given it before all others had their turn. */
export async function freePort() {
  for (let tries = 0; tries < ports; tries += 1) {
    given = (given + 1) % ports;
    const port = FIRST + given * SHARES + share;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

/** Starts something on a free port, and again on another if somebody was faster. */
export async function onFreePort(start) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 3 || !/address already in use|EADDRINUSE/i.test(String(error))) throw error;
    }
  }
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
