import { Injectable } from '@nestjs/common';

/** The only source of time. Tests put a `FrozenClock` in its place. */
export abstract class Clock {
  abstract now(): Date;

  /** The same as a number, for what is asked at every request. */
  milliseconds(): number {
    return this.now().getTime();
  }
}

@Injectable()
export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  override milliseconds(): number {
    return Date.now();
  }
}

export const addSeconds = (instant: Date, seconds: number): Date =>
  new Date(instant.getTime() + seconds * 1000);
