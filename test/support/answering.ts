import {
  createClient,
  MemoryTokenStorage,
  Time,
  WebCrypto,
  type Client,
  type ClientOptions,
  type StoredTokens,
} from '@sallyport/client';

export const ORIGIN = 'https://api.test';
export const NOW = 1_900_000_000_000;

/** Stands still, and remembers what was waited for. */
export class StoppedTime extends Time {
  readonly waits: number[] = [];
  now(): number {
    return NOW;
  }
  wait(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds);
    return Promise.resolve();
  }
}

/** A server of answers, which remembers what came. */
export function answering(
  answer: (request: Request, count: number) => Response | Promise<Response>,
) {
  const requests: Request[] = [];
  const fetch = (url: URL, init: RequestInit) => {
    const request = new Request(url, init);
    requests.push(request);
    return Promise.resolve(answer(request.clone(), requests.length));
  };
  return { requests, fetch };
}

/** A body that tells whether it was given up. */
export function watchedBody() {
  let isCancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: () => {
      isCancelled = true;
    },
  });
  return { body, isCancelled: () => isCancelled };
}

export const clientAt =
  (time: Time) =>
  (options: Omit<ClientOptions, 'origin'>): Client =>
    createClient({ origin: ORIGIN, time, ...options });

export const claimsOf = (jwt: string | null): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from((jwt ?? '').split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;

export const storedTokens = async (given: Partial<StoredTokens> = {}): Promise<StoredTokens> => ({
  accessToken: 'old',
  refreshToken: 'refresh-1',
  expiresAt: null,
  dpopKeys: await new WebCrypto().generateKeyPair(),
  ...given,
});

export const stored = async (given: Partial<StoredTokens> = {}): Promise<MemoryTokenStorage> =>
  new MemoryTokenStorage(await storedTokens(given));
