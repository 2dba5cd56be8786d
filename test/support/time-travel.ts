import type { Server } from 'node:http';
import { jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { RevocationFollower } from '../../libs/sallyport/src/revocation/replica/revocation.follower.js';

/** What waits goes on waiting in real time. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Runs `work` so many seconds from now: what asks for the date, ours or the engine's, is told so. */
export async function secondsLater<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const wasFake = isTravelling;
  const now = Date.now() + seconds * 1000;
  if (wasFake) jest.setSystemTime(now);
  else jest.useFakeTimers({ doNotFake: [...REAL], now });
  isTravelling = true;
  try {
    await caughtUp();
    return await work();
  } finally {
    if (wasFake) jest.setSystemTime(now - seconds * 1000);
    else jest.useRealTimers();
    isTravelling = wasFake;
    await caughtUp();
  }
}

const apps: INestApplication[] = [];

/** An app that runs while time passes. */
export function takeAlong(app: INestApplication): void {
  apps.push(app);
}

/** An app that finds its replica of revocations so old lets nobody in until it has read again, as it does by itself four times a second. */
export async function caughtUp(): Promise<void> {
  for (const app of apps) {
    const { listening: isOpen } = app.getHttpServer() as Server;
    if (isOpen) await app.get(RevocationFollower).turn();
  }
}

let isTravelling = false;
