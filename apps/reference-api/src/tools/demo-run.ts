import type { Client } from '@sallyport/client';

/** One credential, and how the demo calls it where it must not show it. */
export interface DemoCredential {
  readonly label: string;
  readonly header: 'x-api-key' | 'authorization';
  readonly value: string;
  /** A proof of the key that it is bound to, for this request; absent where it is bound to none. */
  readonly prove?: (method: string, path: string) => Promise<string>;
  /** How the demo calls that proof. @default proof */
  readonly proofLabel?: string;
}

export interface DemoCall {
  readonly title: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly with?: readonly DemoCredential[];
  /** A signature, by the headers that carry it. */
  readonly signed?: { readonly label: string; readonly headers: Readonly<Record<string, string>> };
  readonly body?: object;
  /** A client that signs, and perhaps encrypts, by itself. */
  readonly via?: { readonly label: string; readonly client: Client };
  readonly expect: number;
  /** What decided. */
  readonly why: string;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
}

/** Makes real calls one after the other and tells what came of them. */
export class DemoRun {
  private calls = 0;
  private surprises = 0;

  constructor(
    readonly api: string,
    private readonly print: (line: string) => void,
    private readonly hasColour: boolean,
  ) {}

  get asExpected(): boolean {
    return this.surprises === 0;
  }

  chapter(title: string): void {
    this.print(`\n${title}\n${'='.repeat(title.length)}`);
  }

  /** Makes the call and returns the JSON of the answer. */
  async call(call: DemoCall): Promise<unknown> {
    const credentials = call.with ?? [];
    const method = call.method ?? 'GET';
    const response = await this.send(call);
    const { status } = response;
    const text = await response.text();
    const body: unknown = text === '' ? null : JSON.parse(text);

    this.calls += 1;
    this.print(`\n${String(this.calls).padStart(2)}  ${call.title}`);
    const by = call.signed ?? call.via;
    const signature = by === undefined ? '' : `  Signature: <${by.label}>`;
    this.print(`    ${method} ${call.path}${credentials.map(shown).join('')}${signature}`);
    const { title, detail } = status < 400 ? {} : (body as Problem);
    const problem = [title, detail].filter((text) => text !== undefined).join(': ');
    this.print(`    ${this.coloured(status)} ${problem}`.trimEnd());
    this.print(`    ${call.why}`);
    if (status !== call.expect) {
      this.surprises += 1;
      this.print(`    NOT AS EXPECTED: it should have been ${String(call.expect)}`);
    }
    return body;
  }

  /** Repeats a call until it is answered otherwise than with 200, at most `times`; returns how often it was 200. */
  async exhaust(call: Pick<DemoCall, 'path' | 'with'>, times: number): Promise<number> {
    for (let done = 0; done < times; done += 1) {
      const response = await this.send(call);
      await response.arrayBuffer();
      if (response.status !== 200) return done;
    }
    return times;
  }

  summary(): string {
    const outcome = this.asExpected
      ? 'all answered as expected'
      : `${String(this.surprises)} not answered as expected`;
    return `\n${String(this.calls)} calls, ${outcome}`;
  }

  private async send({
    path = '',
    method = 'GET',
    with: credentials = [],
    signed,
    body,
    via,
  }: Partial<DemoCall>) {
    const headers = new Headers(signed?.headers);
    for (const { header, value, prove } of credentials) {
      headers.set(header, value);
      if (prove !== undefined) headers.set('dpop', await prove(method, path));
    }
    if (body !== undefined) headers.set('content-type', 'application/json');
    const url = `${this.api}${path}`;
    const init = {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return via === undefined ? fetch(url, init) : via.client.fetch(url, init);
  }

  private coloured(status: number): string {
    if (!this.hasColour) return String(status);
    return `\u001b[${status < 400 ? '32' : '33'}m${String(status)}\u001b[0m`;
  }
}

function shown({ header, label, value, prove, proofLabel = 'proof' }: DemoCredential): string {
  if (header === 'x-api-key') return `  X-API-Key: <${label}>`;
  const proof = prove === undefined ? '' : `  DPoP: <${proofLabel}>`;
  return `  Authorization: ${value.slice(0, value.indexOf(' '))} <${label}>${proof}`;
}
