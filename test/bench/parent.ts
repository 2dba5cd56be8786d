/** What the process of a server says to the one that measures it. */
export type FromServer<Loads> =
  { readonly port: number; readonly loads: Loads } | { readonly cpu: NodeJS.CpuUsage };

export function tell<Loads>(message: FromServer<Loads>): void {
  process.send?.(message);
}

/** Tells what this process has spent whenever it is asked, and calls `close` when the parent is done with it. */
export function serve(close: () => unknown): void {
  process.on('message', () => {
    tell({ cpu: process.cpuUsage() });
  });
  process.once('disconnect', () => void close());
}
