import { CookieJar } from './cookie-jar.js';
import { DemoTokenError } from './demo-token-error.js';
import type { IssuerAnswer, IssuerTransport } from './issuer-transport.js';
import { messageOf, readSignInPage, type SignInPage } from './sign-in-page.js';

export interface Login {
  readonly username: string;
  readonly password: string;
}

const MAX_STEPS = 12;

/** One user's browser: it keeps their cookies, fills in the forms of the pages, and agrees to what it is asked. */
export class DemoBrowser {
  private readonly jar = new CookieJar();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly issuer: IssuerTransport) {}

  /** Opens the authorization request and returns the redirect in which it ends. One after the other, as by hand. */
  authorize(request: URL, redirectUri: string, login: Login): Promise<URL> {
    const visit = () => this.visit(request, redirectUri, login);
    const visiting = this.turn.then(visit, visit);
    this.turn = visiting;
    return visiting;
  }

  private async visit(request: URL, redirectUri: string, login: Login): Promise<URL> {
    let url = request;
    let form: Readonly<Record<string, string>> | undefined;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const answer = await this.send(url, form);
      const location = answer.headers.get('location');
      if (location === null) {
        const page = questionOn(answer, form !== undefined);
        url = new URL(page.action, url);
        form = answerTo(page, login);
      } else if (location === redirectUri || location.startsWith(`${redirectUri}?`)) {
        return new URL(location);
      } else {
        url = new URL(location, url);
        form = undefined;
      }
    }
    throw new DemoTokenError('The login leads in a circle.');
  }

  private async send(
    url: URL,
    form: Readonly<Record<string, string>> | undefined,
  ): Promise<IssuerAnswer> {
    const cookie = this.jar.headerFor(url);
    const headers = cookie === '' ? {} : { cookie };
    const answer = await this.issuer.send(url, { headers, ...(form !== undefined && { form }) });
    this.jar.keep(url, answer.headers.getSetCookie());
    return answer;
  }
}

function questionOn({ status, text }: IssuerAnswer, isAnswer: boolean): SignInPage {
  const page = readSignInPage(text);
  // Asked the same again, the answer was not accepted.
  if (status === 200 && page !== null && !isAnswer) return page;
  throw new DemoTokenError(messageOf(text) ?? `The login was answered with ${String(status)}.`);
}

const answerTo = ({ asks, csrf }: SignInPage, login: Login): Readonly<Record<string, string>> =>
  asks === 'login' ? { csrf, ...login } : { csrf, decision: 'allow' };
