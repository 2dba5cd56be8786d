import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { SallyportError } from '../../errors.js';

/** What one statement, or waiting for a connection, may take. */
const DEADLINE_MILLISECONDS = 1500;

/**
 * SQLSTATE classes and codes that say "not now" (PostgreSQL manual, appendix A): connection, resources,
 * operator (shutdown, statement timeout), system; deadlock and serialization; lock and idle time-outs;
 * a replica that took over but is still read-only.
 */
const PASSING = /^(08|53|57|58|40)|^(55P03|25P03|25P04|25006)$/;

/** Runs a statement. A failure of the database becomes ERR_STORE_UNAVAILABLE, our own mistakes stay what they are. */
export async function guarded<T>(statement: () => Promise<T>): Promise<T> {
  try {
    return await withinDeadline(statement(), DEADLINE_MILLISECONDS);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Obtains a connection. Whatever goes wrong then, the database is unavailable. */
export async function guardedConnect<T>(connecting: Promise<T>): Promise<T> {
  try {
    return await withinDeadline(connecting, DEADLINE_MILLISECONDS);
  } catch (error) {
    throw error instanceof SallyportError ? error : unavailable(driverErrorOf(error));
  }
}

class DeadlinePassed extends Error {}

/** Whether a statement may still be running on the connection. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof SallyportError && error.cause instanceof DeadlinePassed;

/** The work itself goes on: it cannot be stopped from here. */
export function withinDeadline<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    reject(unavailable(new DeadlinePassed(`no answer within ${milliseconds} ms`)));
  }, milliseconds);
  work.then(
    (result) => {
      clearTimeout(timer);
      resolve(result);
    },
    (error: unknown) => {
      clearTimeout(timer);

      reject(error);
    },
  );
  return promise;
}

function refusalOf(error: unknown): unknown {
  if (error instanceof QueryRunnerAlreadyReleasedError) return unavailable(error);
  if (!(error instanceof QueryFailedError)) return error;

  const cause = driverErrorOf(error);
  const { code } = cause as { code?: unknown };
  // Without a SQLSTATE the server did not answer at all.
  const isState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return !isState || PASSING.test(code) ? unavailable(cause) : cause;
}

/** TypeORM's error carries the parameters of the statement, which may be hashes and sealed keys: it goes no further. */
const driverErrorOf = (error: unknown): unknown =>
  error instanceof QueryFailedError ? error.driverError : error;

const unavailable = (cause: unknown): SallyportError =>
  new SallyportError('ERR_STORE_UNAVAILABLE', {
    reason: 'the database is out of reach',
    retryAfterSeconds: 1,
    cause,
  });
