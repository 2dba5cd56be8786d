import { secondsToWait } from './retry-after.js';
import type { Time } from './time.js';
import { discard } from './transport.js';

export interface Attempted {
  readonly method: string;
  readonly headers: Headers;
  readonly signal?: AbortSignal | null | undefined;
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** Sends again what a server turned away, when it says to and if that does nothing twice. */
export class Patience {
  constructor(
    private readonly maxRetries: number,
    private readonly maxWaitSeconds: number,
    private readonly time: Time,
  ) {}

  async send(request: Attempted, attempt: () => Promise<Response>): Promise<Response> {
    for (let retries = 0; ; retries += 1) {
      const response = await attempt();
      const seconds = secondsToWait(response, this.time.now());
      if (seconds === null || seconds > this.maxWaitSeconds) return response;
      if (retries >= this.maxRetries || !isSafeAgain(response, request)) return response;
      discard(response);
      await this.time.wait(seconds * 1000, request.signal);
    }
  }
}

/** A limit lets nothing through; a 503 may come from behind the handler, which has perhaps done its work. */
const isSafeAgain = ({ status }: Response, { method, headers }: Attempted): boolean =>
  status === 429 || IDEMPOTENT.includes(method) || headers.has('idempotency-key');
