import { ISSUER, form, send, type Browser, type HttpAnswer } from './authorization-server.js';
import type { Instance } from './instances.js';

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** An authorization request from a browser that nobody is signed in with. */
export const ask = (server: Pick<Instance, 'url'>, parameters: Parameters): Promise<HttpAnswer> =>
  send(server, `/oauth/authorize?${form(parameters).toString()}`);

/** Where an authorization response leads, and what it says there (RFC 6749 §4.1.2). */
export interface AuthorizationResponse {
  readonly to: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Null when the answer leads nowhere. */
export function responseIn({ headers }: HttpAnswer): AuthorizationResponse | null {
  const location = headers.get('location');
  if (location === null) return null;
  const { origin, pathname, search, hash } = new URL(location);
  const text = hash === '' ? search.slice(1) : hash.slice(1);
  return {
    to: `${origin}${pathname}`,
    parameters: Object.fromEntries(new URLSearchParams(text)),
  };
}

/** What no answer may contain: a line of a stack, or where the code lies. */
export const INSIDE = /\bat .+:\d+:\d+|node_modules|oidc-provider|\.(ts|js):\d+/;

/** The request failed where the client hears of it (RFC 6749 §4.1.2.1, RFC 9207 §2). */
export function expectErrorRedirect(
  answer: HttpAnswer,
  error: string,
  { to, state }: { readonly to: string; readonly state?: string | null },
): void {
  expect(answer.status).toBe(303);
  const response = responseIn(answer);
  expect(response?.to).toBe(to);
  expect(response?.parameters).toMatchObject({ error, iss: ISSUER });
  expect(response?.parameters.state).toBe(state === null ? undefined : (state ?? 'state-1'));
  expect(response?.parameters).not.toHaveProperty('code');
  expect(answer.text).not.toMatch(INSIDE);
}

/** The request failed where only the user hears of it: nothing in it can be trusted enough to be gone to. */
export function expectErrorPage(answer: HttpAnswer, error: string): void {
  expect(answer.status).toBe(400);
  expect(answer.headers.get('location')).toBeNull();
  expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(answer.headers.get('content-security-policy')).toContain("form-action 'self';");
  expect(answer.text).toContain(`<code>${error}</code>`);
  expect(answer.text).not.toMatch(INSIDE);
}

/** Everything that the browser was answered while it was led through `work`. */
export async function answersTo(
  browser: Browser,
  work: (browser: Browser) => Promise<unknown>,
): Promise<readonly HttpAnswer[]> {
  const answers: HttpAnswer[] = [];
  const open = browser.open.bind(browser);
  browser.open = async (target, fields) => {
    const answer = await open(target, fields);
    answers.push(answer);
    return answer;
  };
  await work(browser);
  browser.open = open;
  return answers;
}
