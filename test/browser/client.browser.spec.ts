import type * as Sallyport from '@sallyport/client';
import { ClientService } from '@sallyport/nest';
import { seeder } from '../support/instances.js';
import { adapters } from '../support/reference-api.js';
import { bundledClient } from '../support/client-bundle.js';
import { readSource } from '../repository/source-files.js';
import { startSignInPages, type SignInPages } from '../support/sign-in-pages.js';

/** What the page is told by the test, and by its own modules. */
declare const globalThis: {
  sallyport: typeof Sallyport;
  storage: Sallyport.TokenStorage;
  keys: Sallyport.CryptoKeyPair;
  location: { readonly origin: string };
};

type Page = Awaited<ReturnType<SignInPages['open']>>['page'];

/** The storage of the documentation, as it stands there. */
const [, storageSource = ''] = /```js\n([\s\S]*?)```/.exec(readSource('docs/client.md')) ?? [];

describe.each(adapters)('@sallyport/client in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  let modules: Readonly<Record<string, string>>;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
    const { app, demo } = pages.api;
    await app.get(ClientService).update('mobile-app', { origins: [demo.api] }, seeder);
    modules = {
      'client.js': await bundledClient(),
      'storage.js': storageSource.replace("'@sallyport/client'", "'/client.js'"),
    };
  });
  afterAll(() => pages.close());

  /** An app of its own on the origin of the API. */
  async function open(page: Page): Promise<void> {
    const { api } = pages.api.demo;
    await page.route(`${api}/page`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>app</title>' }),
    );
    for (const [name, body] of Object.entries(modules)) {
      await page.route(`${api}/${name}`, (route) =>
        route.fulfill({ contentType: 'text/javascript', body }),
      );
    }
    await page.goto(`${api}/page`);
    await load(page);
  }
  const load = (page: Page) =>
    page.evaluate(`Promise.all([import('/client.js'), import('/storage.js')]).then(([client, own]) => {
      globalThis.sallyport = client;
      globalThis.storage = new own.IndexedDbTokenStorage();
    })`);

  /** Signs alice in with a key that the page makes, and stores the tokens there. */
  async function signIn(page: Page): Promise<string> {
    await page.evaluate(async () => {
      globalThis.keys = await new globalThis.sallyport.WebCrypto().generateKeyPair();
    });
    const proof = (method: string, url: string, accessToken: string | null = null) =>
      page.evaluate(
        (of) => {
          const { sallyport, keys } = globalThis;
          const rest = { url: new URL(of.url), nonce: null, now: Date.now() };
          return sallyport.dpopProof(new sallyport.WebCrypto(), keys, { ...of, ...rest });
        },
        { method, url, accessToken },
      );
    const tokens = await pages.api.tokensProvenBy(proof, 'mobile-app', 'alice');
    await page.evaluate((given) => {
      const { storage, keys } = globalThis;
      return storage.write({ ...given, expiresAt: null, dpopKeys: keys });
    }, tokens);
    return tokens.accessToken;
  }

  /** Calls with what is stored. */
  const me = (page: Page): Promise<number> =>
    page.evaluate(async () => {
      const { sallyport, storage, location } = globalThis;
      const { origin } = location;
      const refresh = { tokenEndpoint: `${origin}/oauth/token`, clientId: 'mobile-app' };
      const client = sallyport.createClient({ origin, token: { storage, refresh } });
      return (await client.fetch('/v1/me')).status;
    });

  it('calls with a token that is bound to a key which no script can read [W13]', async () => {
    const { page } = await pages.open();
    await open(page);
    const accessToken = await signIn(page);
    expect(await me(page)).toBe(200);
    const read = await page.evaluate(async () => {
      const { dpopKeys } = (await globalThis.storage.read()) ?? {};
      return crypto.subtle.exportKey('jwk', dpopKeys!.privateKey).then(
        () => 'read',
        (error: unknown) => (error as Error).name,
      );
    });
    expect(read).toBe('InvalidAccessError');
    // Taken without its key, it is worth nothing.
    expect((await pages.api.call('/v1/me', { token: accessToken })).status).toBe(401);
  });

  it('keeps tokens and their key over a reload, in the storage of the documentation [W13]', async () => {
    const { page } = await pages.open();
    await open(page);
    await signIn(page);
    await page.reload();
    await load(page);
    expect(await page.evaluate(() => typeof globalThis.keys)).toBe('undefined');
    expect(await me(page)).toBe(200);
    await page.evaluate(() => globalThis.storage.write(null));
    await page.reload();
    await load(page);
    await expect(me(page)).rejects.toThrow('there is no token');
  });

  it('refreshes once for two tabs that find the tokens ended', async () => {
    const { page, context } = await pages.open();
    await open(page);
    const old = await signIn(page);
    const other = await context.newPage();
    await open(other);
    let refreshes = 0;
    context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/oauth/token') refreshes += 1;
    });
    await page.evaluate(async () => {
      const { storage } = globalThis;
      const tokens = await storage.read();
      if (tokens !== null) await storage.write({ ...tokens, expiresAt: 1 });
    });
    expect(await Promise.all([page, other].flatMap((tab) => [me(tab), me(tab)]))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(refreshes).toBe(1);
    const now = await other.evaluate(async () => (await globalThis.storage.read())?.accessToken);
    expect(now).not.toBe(old);
  });

  it('follows no redirect, which browsers show as opaque, and sends FormData and text', async () => {
    const { page } = await pages.open();
    await open(page);
    const { api } = pages.api.demo;
    const bodies: (string | null)[] = [];
    await page.route(`${api}/echo`, (route) => {
      bodies.push(route.request().postData());
      return route.fulfill({ body: 'ok' });
    });
    await page.route(`${api}/moved`, (route) =>
      route.fulfill({ status: 307, headers: { location: `${api}/echo` } }),
    );
    const outcome = await page.evaluate(async () => {
      const { sallyport, location } = globalThis;
      const { origin } = location;
      const client = sallyport.createClient({ origin, apiKey: 'k' });
      const redirected = await client.fetch('/moved').then(
        () => 'followed',
        (error: unknown) => (error as Sallyport.ClientError).code,
      );
      const body = new FormData();
      body.set('a', 'b');
      const form = await client.fetch(new Request('/echo', { method: 'POST', body }));
      const signature = { keyId: 'k', secret: 'c2VjcmV0' };
      const signed = sallyport.createClient({ origin, signature });
      const text = await signed.fetch('echo', { method: 'POST', body: 'text' });
      return { redirected, form: form.status, text: text.status };
    });
    expect(outcome).toEqual({ redirected: 'ERR_REDIRECTED', form: 200, text: 200 });
    expect(bodies).toEqual([expect.stringContaining('name="a"'), 'text']);
  });
});
