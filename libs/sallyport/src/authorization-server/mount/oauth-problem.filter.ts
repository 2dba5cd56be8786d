import { Catch, Injectable } from '@nestjs/common';
import { SallyportError } from '../../errors.js';
import type { ProblemDetails } from '../../problems/problem-details.js';
import { ProblemFilter } from '../../problems/problem.filter.js';

/**
 * Answers where our pipeline refuses what the engine would have answered: a problem that OAuth clients understand too.
 * They read `error`, and only of `application/json` (RFC 6749 §5.2).
 */
@Catch(SallyportError)
@Injectable()
export class OAuthProblemFilter extends ProblemFilter {
  protected override answer(
    response: object,
    body: ProblemDetails,
    headers: Readonly<Record<string, string>>,
  ): void {
    const problem = { ...body, error: oauthErrorOf(body.status) };
    super.answer(response, problem, {
      ...headers,
      'Content-Type': 'application/json; charset=utf-8',
    });
  }
}

/** RFC 6749 §4.1.2.1 and §5.2. */
function oauthErrorOf(status: number): string {
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  if (status >= 500) return 'server_error';
  return status === 403 ? 'access_denied' : 'invalid_request';
}
