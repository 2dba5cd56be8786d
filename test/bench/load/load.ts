import { performance } from 'node:perf_hooks';
import { Connection } from './connection.js';
import type { Conversation } from './wire.js';

/**
 * Enough that the server always has the next request waiting, and few enough that requests wait for each other no
 * longer than a millisecond: with 8 a server of 20 µs idles between answers, with 256 its heap holds what clients wait for.
 */
export const CONNECTIONS = 32;
/** Sent and answered, but not counted: connections and caches of the processor are cold. */
const LEAD_IN_MS = 60;

export interface Load {
  /** All that were answered, those before and after the counted time too. */
  readonly requests: number;
  /** Of the counted time. */
  readonly perSecond: number;
}

/** Loads the server for so long over keep-alive connections, which share the conversations. Throws on any answer but 200. */
export async function load(
  port: number,
  conversations: readonly Conversation[],
  milliseconds: number,
): Promise<Load> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.open(port, reject)),
  );
  const sleep = stayAwake();
  try {
    const count = new Count(milliseconds);
    const driving = connections.map((connection, index) => {
      const conversation = conversations[index % conversations.length];
      if (conversation === undefined) throw new TypeError('there is nothing to send');
      return drive(connection, conversation, count);
    });
    await Promise.race([Promise.all(driving), failed]);
    return count.result();
  } finally {
    sleep();
    for (const connection of connections) connection.close();
  }
}

/**
 * Looks for answers without ever sleeping; returns how to stop. Whoever writes to a process that sleeps pays for waking
 * it, on a virtual machine twice what the answer itself costs: the slower of two servers would pay it for every answer,
 * and the faster, whose answers come in a stream, for few.
 */
export function stayAwake(): () => void {
  let isAwake = true;
  const look = (): void => {
    if (isAwake) setImmediate(look);
  };
  look();
  return () => {
    isAwake = false;
  };
}

/** Counts answers between the end of the lead-in and the end. */
class Count {
  private requests = 0;
  private counted = 0;
  private readonly begin = performance.now() + LEAD_IN_MS;
  private readonly end: number;
  private last = 0;

  constructor(milliseconds: number) {
    this.end = this.begin + milliseconds;
  }

  /** Counts an answer; false when it is time to stop. */
  answer(): boolean {
    const now = performance.now();
    this.requests += 1;
    if (now < this.begin) return true;
    if (now >= this.end) return false;
    this.counted += 1;
    this.last = now;
    return true;
  }

  result(): Load {
    return {
      requests: this.requests,
      perSecond: (this.counted / (this.last - this.begin)) * 1000,
    };
  }
}

/** Ends with the first answer after the end. */
function drive(connection: Connection, conversation: Conversation, count: Count): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const answered = (answer: string): void => {
    conversation.hear?.(answer);
    if (count.answer()) send();
    else resolve(undefined);
  };
  const send = (): void => {
    try {
      connection.send(conversation, answered);
    } catch (error) {
      reject(error);
    }
  };
  send();
  return promise;
}
