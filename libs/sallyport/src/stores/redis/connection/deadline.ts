import { SallyportError } from '../../../errors.js';

/** How long a command may take; what is later counts as no answer. */
export const COMMAND_TIMEOUT_MS = 500;

/** What ioredis says itself when its own timer for a command runs out. */
export const TIMED_OUT = 'Command timed out';

/** Rejects when the answer takes longer; nobody waits for it any more then, and what it says is lost. */
export async function withDeadline<T>(
  answer: Promise<T>,
  milliseconds = COMMAND_TIMEOUT_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(TIMED_OUT));
    }, milliseconds);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Of an error only what it says: a reply error carries the command, and AUTH carries the password. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'unknown failure';

export const redisUnavailable = (why: string): SallyportError =>
  new SallyportError('ERR_STORE_UNAVAILABLE', { reason: `Redis: ${why}`, retryAfterSeconds: 1 });
