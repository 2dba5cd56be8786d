import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type * as Sallyport from '@sallyport/client';
import { compactDecrypt, type JWK } from 'jose';
import type { Page } from 'playwright-core';
import { bundledClient } from '../support/client-bundle.js';
import { encrypted } from '../support/encrypted-bodies.js';
import { adapters } from '../support/reference-api.js';
import { startSignInPages, type SignInPages } from '../support/sign-in-pages.js';

/** What the page is told by the test, and by its own module. */
declare const globalThis: {
  sallyport: typeof Sallyport;
  location: { readonly origin: string };
  exchange(request: string, answerTo: Sallyport.EcPublicJwk): Promise<string>;
};

const invoice = { department: 'Sales', amountCents: 4200, currency: 'EUR' };

describe.each(adapters)('@sallyport/client encrypts in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
  });
  afterAll(() => pages.close());

  async function openPage(): Promise<Page> {
    const { page } = await pages.open();
    const { api: origin } = pages.api.demo;
    const bundle = await bundledClient();
    await page.route(`${origin}/page`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>app</title>' }),
    );
    await page.route(`${origin}/client.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: bundle }),
    );
    await page.goto(`${origin}/page`);
    await page.evaluate(
      `import('/client.js').then((sallyport) => { globalThis.sallyport = sallyport; })`,
    );
    return page;
  }

  it('under a key of the secret: the server reads it, and its answer is read [C48]', async () => {
    const page = await openPage();
    const key = pages.api.demo.apiKeys.find(({ client_id: owner }) => owner === 'partner');
    const signature = { keyId: key?.id ?? '', secret: key?.signing_secret ?? '' };
    const wire: string[] = [];
    page.on('request', (request) => wire.push(request.postData() ?? ''));
    const seen = await page.evaluate(
      async ({ invoice, signature }) => {
        const { sallyport, location } = globalThis;
        const client = sallyport.createClient({
          ...{ origin: location.origin, signature, encryptedBodies: {} },
        });
        const response = await client.fetch('/v1/partner/invoices/encrypted', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(invoice),
        });
        return { status: response.status, body: (await response.json()) as object };
      },
      { invoice, signature },
    );
    expect(seen).toMatchObject({ status: 201, body: invoice });
    expect(wire.join()).toMatch(/^eyJ[\w-]*\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('under keys agreed upon, with another implementation at the other end', async () => {
    const page = await openPage();
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'enc' };
    await page.exposeFunction('exchange', async (request: string, answerTo: JWK) => {
      const { plaintext } = await compactDecrypt(request, privateKey);
      const to = createPublicKey({ format: 'jwk', key: { ...answerTo } });
      return encrypted(`{"got":${Buffer.from(plaintext).toString()}}`, to, {
        alg: 'ECDH-ES',
        kid: 'e1',
      });
    });
    const seen = await page.evaluate(async (jwk) => {
      const { sallyport, location } = globalThis;
      const crypto = new sallyport.WebCrypto();
      const pair = await crypto.generateAgreementKeys();
      const answerTo = await crypto.exportPublicKey(pair.publicKey);
      const client = sallyport.createClient({
        origin: location.origin,
        encryptedBodies: {
          keyAgreement: {
            jwks: () => Promise.resolve({ keys: [jwk] }),
            own: { kid: 'e1', privateKey: pair.privateKey },
          },
        },
        fetch: async (_url, { body }) => {
          const text = await globalThis.exchange(await new Response(body).text(), answerTo);
          return new Response(text, { headers: { 'content-type': 'application/jose' } });
        },
      });
      const response = await client.fetch('/', { method: 'POST', body: '{"a":1}' });
      return (await response.json()) as object;
    }, jwk as Sallyport.EncryptionJwk);
    expect(seen).toEqual({ got: { a: 1 } });
  });
});
