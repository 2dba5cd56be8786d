import {
  Catch,
  Inject,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SallyportError } from '../errors.js';
import { rawRequest, type AdapterRequest } from '../request/adapter-request.js';
import { challengeFor, tokenSchemeOf } from './challenge.js';
import { problemOf, type ProblemDetails } from './problem-details.js';
import { PROBLEM_OPTIONS, type ProblemOptions } from './problem.options.js';
import { noteRefusal } from './refusals.js';

const CONTROL = /\p{Cc}/gu;

/** Turns a refusal into an RFC 9457 problem with its challenge, and writes the code and the reason to the log. */
@Catch(SallyportError)
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  protected readonly logger = new Logger('Sallyport');

  constructor(
    protected readonly host: HttpAdapterHost,
    @Inject(PROBLEM_OPTIONS) private readonly options: ProblemOptions,
  ) {}

  catch(error: SallyportError, host: ArgumentsHost): void {
    this.log(error);
    // Sockets and message queues have their own way to fail: their exception layer takes it from here.
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    const request = http.getRequest<AdapterRequest>();
    noteRefusal(rawRequest(request), error.code);
    const response = http.getResponse<object>();
    const headers: Record<string, string> = {};
    const challenge = challengeFor(error, this.options, tokenSchemeOf(request));
    if (challenge !== null) headers['WWW-Authenticate'] = challenge;
    const { retryAfterSeconds, dpopNonce, acceptSignature } = error.context;
    if (dpopNonce !== undefined) headers['DPoP-Nonce'] = dpopNonce;
    if (acceptSignature !== undefined) headers['Accept-Signature'] = acceptSignature;
    if (retryAfterSeconds !== undefined) {
      headers['Retry-After'] = String(Math.ceil(retryAfterSeconds));
    }
    this.answer(response, problemOf(error), headers);
  }

  protected answer(
    response: object,
    body: ProblemDetails,
    headers: Readonly<Record<string, string>>,
  ): void {
    const { httpAdapter } = this.host;
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response); // a handler that answers by itself was faster: nothing can be withheld any more
      return;
    }
    const usual = {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Cache-Control': 'no-store',
    };
    for (const [name, value] of Object.entries({ ...usual, ...headers })) {
      httpAdapter.setHeader(response, name, value);
    }
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
