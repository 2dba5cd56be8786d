import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SallyportError, type ProblemSlug } from '../../errors.js';
import { AuthorizationPages } from '../pages/authorization-pages.js';
import type { ErrorPage } from '../pages/error.page.js';
import { PageWriter } from '../pages/page-writer.js';
import { InteractionRefusal, interactionRefusals } from './interaction-refusal.js';

type FailurePage = ErrorPage & { readonly status: number };

const CONTROL = /\p{Cc}/gu;

/** Shows people a page where programs get a problem; of guards' refusals too. What happened goes to the log. */
@Catch()
@Injectable()
export class InteractionErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Sallyport');

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly pages: AuthorizationPages,
    private readonly writer: PageWriter,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { status, ...page } = pageOf(error);
    this.log(error, page.code, status);
    const response = host.switchToHttp().getResponse<object>();
    if (this.host.httpAdapter.isHeadersSent(response)) return;
    const { retryAfterSeconds } = page;
    this.writer.page(response, { status, html: this.pages.error(page), retryAfterSeconds });
  }

  private log(error: unknown, code: string, status: number): void {
    const reason = error instanceof Error ? error.message : 'thrown value is no error';
    const line = `${error instanceof SallyportError ? error.code : code}: ${reason}`;
    const text = line.replaceAll(CONTROL, ' ');
    if (status < 500) {
      this.logger.warn(text);
      return;
    }
    const cause = error instanceof SallyportError ? error.context.cause : error;
    this.logger.error(text, cause instanceof Error ? cause.stack : undefined);
  }
}

function pageOf(error: unknown): FailurePage {
  if (error instanceof InteractionRefusal) {
    return { code: error.code, ...interactionRefusals[error.code] };
  }
  if (error instanceof SallyportError) {
    const { status, slug } = error.problem;
    const { retryAfterSeconds = status === 503 ? 1 : undefined } = error.context;
    return {
      status,
      code: slug,
      ...(problemTexts[slug] ?? textOf(status)),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    };
  }
  // What guards and pipes of the host throw.
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return { status, code: `http-${status.toString()}`, ...textOf(status) };
  }
  return { status: 500, code: 'server-error', ...textOf(500) };
}

type Text = Pick<ErrorPage, 'title' | 'message'>;

const problemTexts: Partial<Record<ProblemSlug, Text>> = {
  'rate-limited': {
    title: 'Too many requests',
    message: 'There were too many requests from your network.',
  },
  unavailable: {
    title: 'Not available right now',
    message: 'Signing in does not work at the moment. Go back and send the page again.',
  },
  'https-required': {
    title: 'This page needs https',
    message: 'Go back to the app and start again.',
  },
};

const textOf = (status: number): Text =>
  status < 500
    ? { title: 'This request is refused', message: 'Go back to the app and start again.' }
    : { title: 'Something went wrong', message: 'The fault is ours. Go back and try again later.' };
