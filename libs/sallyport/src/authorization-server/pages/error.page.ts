import { html } from './html.js';
import { layout, type Frame } from './layout.js';
import { waitingTime } from './waiting-time.js';

export interface ErrorPage {
  readonly title: string;
  readonly message: string;
  /** What to tell whoever is asked for help. */
  readonly code: string;
  readonly retryAfterSeconds?: number;
}

export const errorPage = (frame: Frame, page: ErrorPage): string =>
  layout(
    frame,
    page.title,
    html`<h1>${page.title}</h1>
      <p role="alert">
        ${page.message}${
          page.retryAfterSeconds === undefined
            ? null
            : ` Try again in ${waitingTime(page.retryAfterSeconds)}.`
        }
      </p>
      <p class="muted small">Code: <code>${page.code}</code></p>`,
  );
