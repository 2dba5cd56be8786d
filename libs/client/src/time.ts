/** Time as the client sees it. */
export abstract class Time {
  /** Milliseconds since 1970. */
  abstract now(): number;
  /** Rejects with the signal's reason when it is aborted first. */
  abstract wait(milliseconds: number, signal?: AbortSignal | null): Promise<void>;
}

export class SystemTime extends Time {
  now(): number {
    return Date.now();
  }

  wait(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waiting = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    return unlessAborted(waiting, signal).finally(() => clearTimeout(timer));
  }
}

/** The outcome of the work, or the signal's reason if it is aborted before; the work goes on for others who wait for it. */
export function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal | null): Promise<T> {
  if (signal === null || signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
