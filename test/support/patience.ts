import { setTimeout as sleep } from 'node:timers/promises';
import { SallyportError } from '../../libs/sallyport/src/errors.js';

const ATTEMPTS = 5;
const PAUSE_MILLISECONDS = 1000;

/** A login that leads no further. Where the server is busy, it changed nothing and asks to come again. */
export class DeadEnd extends Error {
  constructor(
    message: string,
    readonly isBusy: boolean,
  ) {
    super(message);
  }
}

/** Whether somebody was told to come again: what a busy machine with stores far away may answer to anything. */
export const isBusy = (error: unknown): boolean =>
  error instanceof DeadEnd
    ? error.isBusy
    : error instanceof SallyportError && error.code === 'ERR_STORE_UNAVAILABLE';

/** Does as it was told: comes again, and begins from the start. For what comes before and after the thing that is tested. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isBusy(error)) throw error;
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}

/** The first answer but 503, which says that nothing was changed and asks to come again. */
export async function answered<T extends { readonly status: number }>(
  ask: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (answer.status !== 503 || attempt === ATTEMPTS) return answer;
    await sleep(PAUSE_MILLISECONDS);
  }
}
