import { Connection } from '../load/connection.js';
import type { Contender } from './side.js';

/** Headers that differ from answer to answer, or are what a row measures. */
const OWN = /^(date|ratelimit|ratelimit-policy)$/;

/** Throws unless both answer with the same body and headers: a server that sends more pays for that too. */
export async function assertSameAnswer(one: Contender, other: Contender): Promise<void> {
  const [ours, theirs] = [await answerOf(one), await answerOf(other)];
  if (ours === theirs) return;
  throw new Error(`the two answer differently:\n${ours}\nand:\n${theirs}`);
}

async function answerOf({ server, conversations }: Contender): Promise<string> {
  const [conversation] = conversations ?? [];
  if (conversation === undefined) throw new TypeError('there is nothing to ask');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const connection = await Connection.open(server.started.port, reject);
  connection.send(conversation, resolve);
  const [head = '', body = ''] = (await promise).split('\r\n\r\n');
  connection.close();
  const headers = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.toLowerCase())
    .filter((line) => !OWN.test(line.slice(0, line.indexOf(':'))));
  return [...headers.sort(), body].join('\n');
}
