import { jest } from '@jest/globals';
import { ClientSecretService, ClientService, type NewClient } from '@sallyport/nest';
import type { Page } from 'playwright-core';
import { openProfile, startChromium, type Look, type Profile } from './chromium.js';
import { ClientApp } from './client-app.js';
import { seeder } from './instances.js';
import {
  embeddedStores,
  startReferenceApi,
  type AdapterName,
  type RunningApi,
} from './reference-api.js';
import { caughtUp } from './time-travel.js';

/** The reference API, three apps that its users sign in to, and a Chromium to do so. */
export interface SignInPages {
  readonly api: RunningApi;
  /** Ours and confidential: nobody is asked for consent. */
  readonly office: ClientApp;
  /** Ours, but public with loopback redirects: users are asked each time (RFC 8252 §8.6). */
  readonly mobile: ClientApp;
  /** Somebody else's: users are asked once. */
  readonly partner: ClientApp;
  /** A browser that nobody has signed in with. */
  open(look?: Look): Promise<Profile>;
  /** Fails if a page of any browser broke a rule that holds for all of them; closes the browsers. */
  checkAndClose(): Promise<void>;
  close(): Promise<void>;
}

const SCOPE = 'invoices:read invoices:write';

export async function startSignInPages(adapter: AdapterName): Promise<SignInPages> {
  const api = await startReferenceApi(adapter, embeddedStores);
  const chromium = await startChromium();
  const { issuer } = api.demo;
  const clients = api.app.get(ClientService);
  const startApp = (clientId: string, name: string, secret: string | null) =>
    ClientApp.start({ clientId, name, secret, issuer, scope: SCOPE });

  const secret = api.demo.clients.find(
    ({ client_id: id }) => id === 'backoffice-web',
  )?.client_secret;
  const office = await startApp('backoffice-web', 'Back office', secret ?? '');
  await clients.update('backoffice-web', leadingTo(office), seeder);

  const mobile = await startApp('mobile-app', 'Mobile app', null);

  const registration: NewClient = {
    clientId: 'ledger',
    name: 'Ledger by Example Ltd',
    type: 'confidential',
    isThirdParty: true,
    scope: SCOPE.split(' '),
    grantTypes: ['authorization_code', 'refresh_token'],
  };
  await clients.register(registration, seeder);
  const { plaintext } = await api.app.get(ClientSecretService).issue('ledger', seeder);
  const partner = await startApp('ledger', registration.name, plaintext);
  await clients.update('ledger', leadingTo(partner), seeder);

  const profiles: Profile[] = [];
  const origins = [new URL(issuer).origin, office.origin, mobile.origin, partner.origin];
  return {
    api,
    office,
    mobile,
    partner,
    async open(look) {
      const profile = await openProfile(chromium, look);
      profiles.push(profile);
      return profile;
    },
    async checkAndClose() {
      for (const profile of profiles.splice(0)) {
        const { problems, requests, context } = profile;
        await context.close();
        expect(problems).toEqual([]);
        expect(requests.filter((line) => !isHarmless(line, origins))).toEqual([]);
      }
    },
    async close() {
      await chromium.close();
      await Promise.all([office, mobile, partner].map((app) => app.close()));
      await api.close();
    },
  };
}

const leadingTo = ({ redirectUri, signedOutUri }: ClientApp) => ({
  redirectUris: [redirectUri],
  postLogoutRedirectUris: [signedOutUri],
});

/** Pages and their one stylesheet, from those who take part. */
const isHarmless = (line: string, origins: readonly string[]): boolean => {
  const [type = '', url = ''] = line.split(' ');
  const { origin, pathname } = new URL(url);
  if (!origins.includes(origin)) return false;
  return type === 'document' || (type === 'stylesheet' && pathname === '/oauth/assets/style.css');
};

/** Fills in the login page and sends it. */
export async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const passwordOf = ({ demo }: RunningApi, username: string): string =>
  demo.users.find((user) => user.username === username)?.password ?? '';

export const headingOf = (page: Page): Promise<string | null> =>
  page.getByRole('heading', { level: 1 }).textContent();

/** Where the keyboard is: the label of an input, the text of a button. */
export const focusOf = (page: Page): Promise<string> =>
  page.evaluate(
    '(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()',
  );

/** The server's clock goes on by so much, for the rest of the test; the browser's does not. */
export async function letPass(seconds: number): Promise<void> {
  const now = Date.now() + seconds * 1000;
  jest.useFakeTimers({ doNotFake: [...TIMERS], now, advanceTimers: true });
  await caughtUp();
}

/** Of what Jest can fake all but the date. */
const TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
