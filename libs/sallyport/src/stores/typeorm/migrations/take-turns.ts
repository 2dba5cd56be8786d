import { setTimeout } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';

/** Any number, the same for everything that makes our tables: with two of them, two instances could wait for each other. */
const ADVISORY_LOCK = 7_255_905;

const PAUSE_MILLISECONDS = 50;

/**
 * Instances that start together migrate one after the other: held until the transaction ends. Asks again
 * and again, as one long wait would meet the statement timeout.
 */
export async function takeTurns(runner: QueryRunner): Promise<void> {
  while (!(await isTurn(runner))) await setTimeout(PAUSE_MILLISECONDS);
}

async function isTurn(runner: QueryRunner): Promise<boolean> {
  const [row] = await runner.manager.query<{ turn: boolean }[]>(
    `SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AS turn`,
  );
  return row?.turn === true;
}
