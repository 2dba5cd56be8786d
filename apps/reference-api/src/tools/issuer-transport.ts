import { DemoTokenError } from './demo-token-error.js';

const TIMEOUT_MILLISECONDS = 10_000;

export interface IssuerAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface IssuerRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form, by POST. */
  readonly form?: Readonly<Record<string, string>>;
}

/** Sends requests for the issuer to where it listens, which may be another port than its name says. */
export class IssuerTransport {
  constructor(
    private readonly issuer: string,
    private readonly origin: string,
  ) {}

  /** Follows no redirect. Throws a DemoTokenError when nobody answers. */
  async send(url: URL, { headers = {}, form }: IssuerRequest = {}): Promise<IssuerAnswer> {
    if (url.origin !== new URL(this.issuer).origin) {
      throw new DemoTokenError(`The issuer sends to somebody else: ${url.origin}`);
    }
    const target = new URL(url.pathname + url.search, this.origin);
    try {
      const response = await fetch(target, {
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        headers: { 'user-agent': 'npm run token', ...headers },
        ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      const message = `No API answers on ${this.origin}: start it with npm start.`;
      throw new DemoTokenError(message, { cause });
    }
  }
}
