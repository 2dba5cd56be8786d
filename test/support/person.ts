import { CookieJar } from '../../apps/reference-api/src/tools/cookie-jar.js';
import type { Login } from '../../apps/reference-api/src/tools/demo-browser.js';
import { messageOf } from '../../apps/reference-api/src/tools/sign-in-page.js';

type Question = 'login' | 'consent' | 'confirm';

const MAX_STEPS = 12;

/** Someone at a browser, who fills in what the issuer's pages ask and agrees to it. */
export class Person {
  private readonly jar = new CookieJar();
  private asked: Question[] = [];

  constructor(private readonly login: Login) {}

  /** What the pages have asked since this was called last. */
  takeAsked(): readonly Question[] {
    const { asked } = this;
    this.asked = [];
    return asked;
  }

  /** Opens a page of the issuer and returns where it leads in the end, on another origin. */
  async follow(start: URL): Promise<URL> {
    let url = start;
    let form: URLSearchParams | undefined;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const answer = await this.send(url, form);
      const location = answer.headers.get('location');
      if (location === null) {
        const { asks, action, hidden } = questionOn(await answer.text());
        this.asked.push(asks);
        url = new URL(action, url);
        form = new URLSearchParams({ ...hidden, ...this.answerTo(asks) });
        continue;
      }
      url = new URL(location, url);
      form = undefined;
      if (url.origin !== start.origin) return url;
    }
    throw new Error(`this leads in a circle: ${this.asked.join()}`);
  }

  private async send(url: URL, form: URLSearchParams | undefined): Promise<Response> {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: this.jar.headerFor(url) },
      ...(form !== undefined && { method: 'POST', body: form }),
    });
    this.jar.keep(url, answer.headers.getSetCookie());
    return answer;
  }

  private answerTo(question: Question): Readonly<Record<string, string>> {
    switch (question) {
      case 'login':
        return { ...this.login };
      case 'consent':
        return { decision: 'allow' };
      case 'confirm':
        return { logout: 'yes' };
    }
  }
}

const FORM = /<form\b[^>]*\baction="([^"]*\/(login|consent|confirm))"[^>]*>([\s\S]*?)<\/form>/;
const HIDDEN = /<input type="hidden" name="([^"]*)" value="([^"]*)"/g;

/** Throws when the page asks nothing, or says that the last answer was not accepted. */
function questionOn(html: string) {
  const [, action = '', asks, fields = ''] = FORM.exec(html) ?? [];
  const message = messageOf(html);
  if (asks === undefined || message !== null) throw new Error(message ?? html);
  const hidden = [...fields.matchAll(HIDDEN)].map(([, name = '', value = '']) => [name, value]);
  return {
    asks: asks as Question,
    action,
    hidden: Object.fromEntries(hidden) as Readonly<Record<string, string>>,
  };
}
