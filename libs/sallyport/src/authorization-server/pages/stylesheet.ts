import { hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { THEME, type Theme } from './theme.js';

/** The stylesheet of all pages. */
@Injectable()
export class Stylesheet {
  readonly text: string;
  /** Of the text: in the URL of a page's stylesheet, so that a browser may keep it for ever. */
  readonly version: string;

  constructor(@Inject(THEME) { accentColor, accentTextColor, stylesheet }: Theme) {
    const accent = `:root{--accent:${accentColor};--accent-text:${accentTextColor}}\n`;
    this.text = `${accent}${BASE}${stylesheet}`;
    this.version = hash('sha256', this.text, 'base64url').slice(0, 16);
  }
}

// Colours of text and ground are 4.5 : 1 apart, of borders of inputs and of the focus ring 3 : 1 (WCAG 2.2, AA).
const BASE = `:root {
  color-scheme: light dark;
  --ground: #f4f3ef;
  --card: #ffffff;
  --text: #1d1f20;
  --muted: #55595c;
  --line: #dddad2;
  --field: #80837f;
  --warning-ground: #fdf0ec;
  --warning-line: #b3402a;
  --warning-text: #7c2414;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131516;
    --card: #1d2022;
    --text: #eceae5;
    --muted: #a9adaf;
    --line: #34393b;
    --field: #7f8688;
    --warning-ground: #3a1d17;
    --warning-line: #e2745c;
    --warning-text: #ffc9bb;
  }
}
*, ::before, ::after { box-sizing: border-box }
html { font: 100%/1.5 system-ui, sans-serif; background: var(--ground); color: var(--text) }
body {
  display: grid;
  place-content: center;
  grid-template-columns: minmax(0, 26rem);
  gap: 1.5rem;
  min-height: 100vh;
  min-height: 100dvh;
  margin: 0;
  padding: 1.5rem 1rem;
  overflow-wrap: anywhere;
}
header { display: flex; gap: .625rem; align-items: center; justify-content: center; font-weight: 600 }
header::before {
  content: '';
  flex: none;
  width: 1rem;
  height: 1.125rem;
  border: .3125rem solid var(--accent);
  border-bottom: 0;
  border-radius: .625rem .625rem 0 0;
}
main {
  padding: clamp(1.25rem, 6vw, 2.25rem);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / 6%), 0 12px 32px rgb(0 0 0 / 7%);
}
main > :first-child { margin-top: 0 }
main > :last-child { margin-bottom: 0 }
h1 { margin: 0 0 .375rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance }
p { margin: 0 0 1.25rem }
.muted { color: var(--muted) }
.small { font-size: .875rem }
.warning {
  padding: .75rem 1rem;
  background: var(--warning-ground);
  color: var(--warning-text);
  border-left: .25rem solid var(--warning-line);
  border-radius: .375rem;
}
ul { margin: 0 0 1.25rem; padding: 0; list-style: none; border-top: 1px solid var(--line) }
li { padding: .75rem 0; border-bottom: 1px solid var(--line) }
code { font: .875em ui-monospace, monospace }
form { margin: 0 }
form + form { margin-top: .25rem }
label { display: block; margin-bottom: .375rem; font-weight: 500 }
input {
  display: block;
  width: 100%;
  min-height: 2.75rem;
  margin-bottom: 1.125rem;
  padding: .5rem .75rem;
  font: inherit;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--field);
  border-radius: .5rem;
}
input[aria-invalid] { border-color: var(--warning-line) }
button {
  display: block;
  width: 100%;
  min-height: 2.75rem;
  margin-top: .5rem;
  padding: .5rem 1rem;
  font: inherit;
  font-weight: 600;
  color: var(--accent-text);
  background: var(--accent);
  border: 1px solid transparent;
  border-radius: .5rem;
  cursor: pointer;
}
button:hover { filter: brightness(1.1) }
button.quiet { color: var(--text); background: none; border-color: var(--field) }
button.quiet:hover { background: var(--ground); filter: none }
:focus-visible { outline: .1875rem solid var(--text); outline-offset: .125rem }
`;
