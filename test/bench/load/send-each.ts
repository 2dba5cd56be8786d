import { Connection } from './connection.js';
import { CONNECTIONS } from './load.js';
import { requestBytes, type WireRequest } from './wire.js';

/** Sends each of these requests once, over as many connections as a load. Throws on any answer but 200. */
export async function sendEach(port: number, requests: readonly WireRequest[]): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.open(port, reject)),
  );
  let sent = 0;
  const next = (): Buffer | null => {
    const request = requests[sent++];
    return request === undefined ? null : requestBytes(request);
  };
  const sending = connections.map(async (connection) => {
    for (let bytes = next(); bytes !== null; bytes = next()) {
      const { promise: answered, resolve } = Promise.withResolvers<string>();
      const message = bytes;
      connection.send({ next: () => message }, resolve);
      await answered;
    }
  });
  try {
    await Promise.race([Promise.all(sending), failed]);
  } finally {
    for (const connection of connections) connection.close();
  }
}
