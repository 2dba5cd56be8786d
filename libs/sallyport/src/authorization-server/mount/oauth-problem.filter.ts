import { Catch, Injectable } from '@nestjs/common';
import { SallyportError } from '../../errors.js';
import { problemOf, type ProblemDetails } from '../../problems/problem-details.js';
import { ProblemFilter } from '../../problems/problem.filter.js';

/** RFC 6749 §4.1.2.1 and §5.2, for what the challenge has no word for. */
const codes = {
  400: 'invalid_request',
  401: 'invalid_client',
  403: 'access_denied',
  404: 'invalid_request',
  409: 'invalid_request',
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable',
} as const satisfies Record<SallyportError['problem']['status'], string>;

/** A problem that OAuth clients understand too: they read `error`. */
interface OAuthProblem extends ProblemDetails {
  readonly error: string;
}

/** Answers where our pipeline refuses a request that the engine would have answered as RFC 6749 §5.2 says. */
@Catch(SallyportError)
@Injectable()
export class OAuthProblemFilter extends ProblemFilter {
  protected override bodyOf(error: SallyportError): OAuthProblem {
    const { status, oauthError = codes[status] } = error.problem;
    return { ...problemOf(error), error: oauthError };
  }
}
