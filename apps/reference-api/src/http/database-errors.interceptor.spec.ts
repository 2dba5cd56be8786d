import { NotFoundException } from '@nestjs/common';
import { SallyportError } from '@sallyport/nest';
import { lastValueFrom, throwError } from 'rxjs';
import { QueryFailedError } from 'typeorm';
import { DatabaseErrorsInterceptor } from './database-errors.interceptor.js';

describe('DatabaseErrorsInterceptor', () => {
  /** What the interceptor makes of an error that a handler throws. */
  const outcome = (error: unknown): Promise<unknown> =>
    lastValueFrom(
      new DatabaseErrorsInterceptor().intercept(null, { handle: () => throwError(() => error) }),
    ).catch((thrown: unknown) => thrown);

  const coded = (code: string) => Object.assign(new Error('driver'), { code });
  const failed = (driverError: Error) => new QueryFailedError('SELECT $1', ['secret'], driverError);

  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a pool that gives none', new Error('timeout exceeded when trying to connect')],
    ['a silent server', failed(new Error('Query read timeout'))],
    ['a server that shuts down', failed(coded('57P01'))],
    ['a statement that took too long', failed(coded('57014'))],
    ['too many connections', failed(coded('53300'))],
  ])('makes 503 of %s', async (_case, error) => {
    expect(await outcome(error)).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      context: { retryAfterSeconds: 1 },
    });
  });

  it.each([
    ['bad SQL', failed(coded('42601'))],
    ['a broken constraint', failed(coded('23505'))],
    ['a refusal', new SallyportError('ERR_CONFLICT', { reason: 'connection' })],
    ['an HTTP exception', new NotFoundException()],
    ['a bug', new TypeError('undefined is not a function')],
  ])('leaves %s as it is', async (_case, error) => {
    expect(await outcome(error)).toBe(error);
  });

  it('keeps the parameters of the statement out of the log', async () => {
    const error = (await outcome(failed(coded('57P01')))) as SallyportError;
    expect(JSON.stringify(error.cause)).not.toContain('secret');
  });
});
