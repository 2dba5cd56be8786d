import { html, type Html } from './html.js';

/** What is the same on every page. */
export interface Frame {
  /** Of the product. */
  readonly name: string;
  readonly stylesheetUrl: string;
}

/** A whole document. Nothing in it runs, and nothing comes from elsewhere. */
export const layout = ({ name, stylesheetUrl }: Frame, title: string, content: Html): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · ${name}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="stylesheet" href="${stylesheetUrl}" />
      </head>
      <body>
        <header>${name}</header>
        <main>${content}</main>
      </body>
    </html> `.text;

/** A name that others chose: its direction of writing does not turn the sentence around. */
export const foreignName = (name: string): Html => html`<bdi>${name}</bdi>`;

/** The token without which a form is refused. */
export const csrfField = (token: string): Html =>
  html`<input type="hidden" name="csrf" value="${token}" />`;
