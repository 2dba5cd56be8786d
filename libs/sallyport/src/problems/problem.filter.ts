import { Catch, Inject, Injectable, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SallyportError } from '../errors.js';
import { challengeFor } from './challenge.js';
import { problemOf } from './problem-details.js';
import { PROBLEM_OPTIONS, type ProblemOptions } from './problem.options.js';

const CONTROL = /\p{Cc}/gu;

/** Turns a refusal into an RFC 9457 problem with its challenge, and writes the code and the reason to the log. */
@Catch(SallyportError)
@Injectable()
export class ProblemFilter implements ExceptionFilter<SallyportError> {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(PROBLEM_OPTIONS) private readonly options: ProblemOptions,
  ) {}

  catch(error: SallyportError, host: ArgumentsHost): void {
    this.log(error);
    // Sockets and message queues have their own way to fail: their exception layer takes it from here.
    if (host.getType() !== 'http') throw error;
    const { httpAdapter } = this.host;
    const response = host.switchToHttp().getResponse<object>();
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response); // a handler that answers by itself was faster: nothing can be withheld any more
      return;
    }
    const body = problemOf(error);
    const challenge = challengeFor(error, this.options.realm, this.options.schemes);
    if (challenge !== null) httpAdapter.setHeader(response, 'WWW-Authenticate', challenge);
    const { retryAfterSeconds } = error.context;
    if (retryAfterSeconds !== undefined) {
      httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(retryAfterSeconds)));
    }
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.reply(response, body, body.status);
  }

  private log(error: SallyportError): void {
    // Identifiers of other issuers may hold line breaks, which would forge lines of the log.
    const line = `${error.code}: ${error.message}`.replaceAll(CONTROL, ' ');
    const { cause } = error.context;
    if (error.problem.status < 500) this.logger.warn(line);
    else this.logger.error(line, cause instanceof Error ? cause.stack : undefined);
  }
}
