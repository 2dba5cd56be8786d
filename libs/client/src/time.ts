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
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
