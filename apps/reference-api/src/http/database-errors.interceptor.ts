import { Injectable, type CallHandler, type NestInterceptor } from '@nestjs/common';
import { SallyportError } from '@sallyport/nest';
import { catchError, throwError, type Observable } from 'rxjs';
import { QueryFailedError } from 'typeorm';

/** SQLSTATE classes that blame the statement, not the moment: bad data, broken constraints, bad SQL (PostgreSQL manual, appendix A). */
const OUR_MISTAKE = /^(22|23|42)/;

/** How `pg` says that there was no answer; it gives these errors no code. */
const NO_ANSWER = /timeout|connection/i;

/** The app's own statements fail like the library's: a database that does not answer is 503, not 500. */
@Injectable()
export class DatabaseErrorsInterceptor implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => refusalOf(error))));
  }
}

function refusalOf(error: unknown): unknown {
  // TypeORM's own error carries the parameters of the statement: only the driver's goes to the log.
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return isUnavailable(cause)
    ? new SallyportError('ERR_STORE_UNAVAILABLE', {
        reason: 'the database is out of reach',
        retryAfterSeconds: 1,
        cause,
      })
    : error;
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof SallyportError) return false;
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string') return NO_ANSWER.test(error.message);
  if (/^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)) return !OUR_MISTAKE.test(code);
  return /^E(CONN|PIPE|TIMEDOUT|HOST|NET)/.test(code);
}
