import { performance } from 'node:perf_hooks';

const SECONDS_IN_MINUTE = 60;

/** Says on standard error which row and round it is, and how long is left: over itself on a terminal, line by line elsewhere. */
export class Progress {
  private readonly startedAt = performance.now();
  private estimatedDone = 0;
  private estimated = 0;
  private row = '';

  constructor(
    private readonly rows: number,
    private readonly estimatedSeconds: number,
    private readonly output: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean },
  ) {}

  begin(index: number, id: string, seconds: number): void {
    this.estimatedDone += this.estimated;
    this.estimated = seconds;
    this.row = `[${index + 1}/${this.rows}] ${id}`;
    this.step('starting');
  }

  step(what: string): void {
    const line = `${this.row}: ${what}, ${this.left()}`;
    this.output.write(this.output.isTTY === true ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** A line that stays. */
  say(line: string): void {
    this.output.write(this.output.isTTY === true ? `\r\x1b[K${line}\n` : `${line}\n`);
  }

  /** As the estimates say, corrected by how wrong they have been. */
  private left(): string {
    const elapsed = (performance.now() - this.startedAt) / 1000;
    const pace = this.estimatedDone === 0 ? 1 : elapsed / this.estimatedDone;
    const remaining = this.estimatedSeconds - this.estimatedDone;
    const seconds = Math.max(0, Math.ceil(remaining * pace));
    return seconds < SECONDS_IN_MINUTE
      ? 'less than a minute left'
      : `about ${Math.ceil(seconds / SECONDS_IN_MINUTE)} min left`;
  }
}
