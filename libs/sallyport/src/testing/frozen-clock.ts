import { addSeconds, Clock } from '../clock.js';

/** Time stands still until the test moves it. */
export class FrozenClock extends Clock {
  private instant: Date;

  constructor(instant: Date) {
    super();
    this.instant = new Date(instant);
  }

  now(): Date {
    return new Date(this.instant);
  }

  advance(seconds: number): void {
    this.instant = addSeconds(this.instant, seconds);
  }

  set(instant: Date): void {
    this.instant = new Date(instant);
  }
}
