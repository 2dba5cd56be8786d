import type * as Sallyport from '@sallyport/client';
import { adapters } from '../support/reference-api.js';
import { bundledClient } from '../support/client-bundle.js';
import { startSignInPages, type SignInPages } from '../support/sign-in-pages.js';

/** What the page is told by the test, and by its own module. */
declare const globalThis: {
  sallyport: typeof Sallyport;
  keys: Sallyport.CryptoKeyPair;
  location: { readonly origin: string };
};

describe.each(adapters)('@sallyport/client in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
  });
  afterAll(() => pages.close());

  it('calls with a token that is bound to a key which no script can read', async () => {
    const { page } = await pages.open();
    const { api } = pages;
    const bundle = await bundledClient();
    await page.route(`${api.demo.api}/page`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>app</title>' }),
    );
    await page.route(`${api.demo.api}/client.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: bundle }),
    );
    await page.goto(`${api.demo.api}/page`);
    await page.evaluate(`import('/client.js').then(async (sallyport) => {
      globalThis.sallyport = sallyport;
      globalThis.keys = await new sallyport.WebCrypto().generateKeyPair();
    })`);
    const proof = (method: string, url: string, accessToken: string | null = null) =>
      page.evaluate(
        (of) => {
          const { sallyport, keys } = globalThis;
          const rest = { url: new URL(of.url), nonce: null, now: Date.now() };
          return sallyport.dpopProof(new sallyport.WebCrypto(), keys, { ...of, ...rest });
        },
        { method, url, accessToken },
      );
    const tokens = await api.tokensProvenBy(proof, 'mobile-app', 'alice');
    const seen = await page.evaluate(async ({ accessToken }) => {
      const { sallyport, keys } = globalThis;
      const dpopKeys = keys;
      const stored = { accessToken, refreshToken: null, expiresAt: null, dpopKeys };
      const client = sallyport.createClient({
        origin: globalThis.location.origin,
        token: { storage: new sallyport.MemoryTokenStorage(stored) },
      });
      const { status } = await client.fetch('/v1/me');
      const read = await crypto.subtle.exportKey('jwk', keys.privateKey).then(
        () => 'read',
        (error: unknown) => (error as Error).name,
      );
      return { status, read };
    }, tokens);
    expect(seen).toEqual({ status: 200, read: 'InvalidAccessError' });
    // Taken without its key, it is worth nothing.
    expect((await api.call('/v1/me', { token: tokens.accessToken })).status).toBe(401);
  });
});
