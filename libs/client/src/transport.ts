import { ClientError } from './client-error.js';

export type Fetch = (url: URL, init: RequestInit) => Promise<Response>;

/** A fetch that follows no redirect: what is sent was meant, and signed, for this URL alone. */
export function withoutRedirects(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, redirect: 'manual' });
    // What browsers call an opaque redirect has status 0.
    if (response.type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(response.status)) {
      discard(response);
      throw new ClientError('ERR_REDIRECTED', 'the server redirects, which is not followed');
    }
    return response;
  };
}

/** Gives the connection back that an answer nobody reads would keep. Not waited for: it ends when copies are read, too. */
export function discard({ body }: Response): void {
  body?.cancel().catch(() => undefined);
}
