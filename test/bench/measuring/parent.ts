import { instruments, type Instrument } from './instruments.js';

/** What the process of a server says to the one that measures it. */
export type FromServer<Started> = { readonly started: Started } | { readonly answer: unknown };

export interface Question {
  readonly instrument: Instrument;
  readonly argument: string;
}

/** What this process was told to be. */
export const settingsOf = <Settings>(): Settings => JSON.parse(process.argv[2] ?? '{}') as Settings;

/** Says that this process is ready, reads its instruments whenever it is asked, and calls `close` when the parent is done with it. */
export function serve<Started>(started: Started, close: () => unknown): void {
  process.on('message', ({ instrument, argument }: Question) => {
    void Promise.resolve(instruments[instrument](argument)).then((answer) => {
      tell({ answer: answer ?? null });
    });
  });
  process.once('disconnect', () => {
    void Promise.resolve(close()).finally(() => process.exit());
  });
  tell({ started });
}

function tell(message: FromServer<unknown>): void {
  process.send?.(message);
}
