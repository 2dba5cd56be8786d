import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Injectable, type ArgumentsHost } from '@nestjs/common';
import { problems, SallyportError } from '../errors.js';
import { problemType, type ProblemDetails } from './problem-details.js';
import { ProblemFilter } from './problem.filter.js';

/**
 * Makes problems (RFC 9457) of everything else a Nest app throws, for hosts that want one error format:
 * `{ provide: APP_FILTER, useClass: HttpProblemFilter }`. What is no HttpException is told as 500 and nothing more.
 */
@Catch()
@Injectable()
export class HttpProblemFilter extends ProblemFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    // Registered after ours, it is asked first about refusals too.
    if (exception instanceof SallyportError) {
      super.catch(exception, host);
      return;
    }
    if (host.getType() !== 'http') throw exception;
    this.answer(host.switchToHttp().getResponse<object>(), this.problem(exception), {});
  }

  private problem(exception: unknown): ProblemDetails {
    const status = statusOf(exception);
    if (status === null || status >= 500) {
      this.logger.error('unhandled', exception instanceof Error ? exception.stack : undefined);
      const { title, detail } = problems['server-error'];
      return { type: problemType('server-error'), title, status: status ?? 500, detail };
    }
    const detail = exception instanceof HttpException ? detailOf(exception) : null;
    // RFC 9457 §4.2.1: about:blank says no more than the status does, and its title is the status phrase.
    const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Refused', status };
    return detail === null ? problem : { ...problem, detail };
  }
}

/** What the app says to the caller; a validation pipe says several things. */
function detailOf(exception: HttpException): string | null {
  const response: unknown = exception.getResponse();
  const message: unknown =
    typeof response === 'object' && response !== null && 'message' in response
      ? response.message
      : response;
  const text = Array.isArray(message) ? message.join('; ') : message;
  // The router names the whole URL of what it does not find, query and all.
  return typeof text === 'string' && !/^Cannot [A-Z-]+ \//.test(text) ? text : null;
}

/** Body parsers and routers throw errors that only carry a status. */
function statusOf(exception: unknown): number | null {
  if (exception instanceof HttpException) return exception.getStatus();
  if (typeof exception !== 'object' || exception === null) return null;
  const { statusCode, status } = exception as { statusCode?: unknown; status?: unknown };
  const code = statusCode ?? status;
  return typeof code === 'number' && code >= 400 && code < 600 ? code : null;
}
