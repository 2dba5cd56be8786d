/** What goes over a connection: one request after the other, each once the one before is answered. */
export interface Conversation {
  next(): Buffer;
  /** Hears a whole answer, whose status is 200. */
  hear?(answer: string): void;
}

export interface WireRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST of this form; without one it is a GET. */
  readonly form?: Readonly<Record<string, string>>;
}

/** These requests by turns, over and over, whichever connection asks. */
export function byTurns(requests: readonly WireRequest[]): Conversation {
  const [first = Buffer.alloc(0), ...others] = requests.map(requestBytes);
  const all = [first, ...others];
  let sent = 0;
  return { next: () => all[sent++ % all.length] ?? first };
}

/** Each of these requests once; throws when they are used up, so that nothing is measured twice. */
export function onceEach(requests: readonly WireRequest[]): Conversation {
  const all = requests.map(requestBytes);
  return {
    next: () => {
      const next = all.pop();
      if (next === undefined) throw new Error('all requests that were made ready have been sent');
      return next;
    },
  };
}

/** As it goes over the wire. */
export function requestBytes({ path, headers = {}, form }: WireRequest): Buffer {
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const sent = {
    Host: '127.0.0.1',
    ...headers,
    ...(form !== undefined && {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(body.length),
    }),
  };
  return Buffer.from(
    [`${form === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`]
      .concat(Object.entries(sent).map(([name, value]) => `${name}: ${value}`))
      .concat('', body)
      .join('\r\n'),
  );
}

/** Whether a whole answer has come; of chunked bodies, whether it ends with the last chunk. */
export function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (length !== undefined) return received.length >= end + 4 + Number(length);
  return !/\r\ntransfer-encoding: chunked/i.test(received) || received.endsWith('\r\n0\r\n\r\n');
}
