/** The form of a page that asks the user something. */
export interface SignInPage {
  /** What the form answers: its action ends so. */
  readonly asks: 'login' | 'consent';
  /** Path of the form's action. */
  readonly action: string;
  readonly csrf: string;
}

const FORM = /<form\b[^>]*\baction="([^"]*\/(login|consent))"[^>]*>([\s\S]*?)<\/form>/;
const CSRF = /\bname="csrf" value="([^"]*)"/;
const MESSAGE = /\brole="alert"[^>]*>([\s\S]*?)<\/p>/;

/** Null for a page that asks nothing. */
export function readSignInPage(html: string): SignInPage | null {
  const [, action = '', asks, fields = ''] = FORM.exec(html) ?? [];
  if (asks !== 'login' && asks !== 'consent') return null;
  const csrf = unescape(CSRF.exec(fields)?.[1] ?? '');
  return { asks, action: unescape(action), csrf };
}

/** What a page warns of, as text. */
export function messageOf(html: string): string | null {
  const message = MESSAGE.exec(html)?.[1];
  return message === undefined ? null : unescape(message.replaceAll(/<[^>]*>/g, '')).trim();
}

const CHARACTERS: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  amp: '&',
  '#39': "'",
};

const unescape = (text: string): string =>
  text.replaceAll(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => CHARACTERS[name] ?? '');
