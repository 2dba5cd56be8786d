import { jest } from '@jest/globals';
import { adapters } from '../support/reference-api.js';
import {
  focusOf,
  headingOf,
  letPass,
  passwordOf,
  signIn,
  startSignInPages,
  type SignInPages,
} from '../support/sign-in-pages.js';
import { caughtUp } from '../support/time-travel.js';

const LOGIN_SECONDS = 43_200;
const INTERACTION_SECONDS = 900;
const SIGN_IN_WINDOW_SECONDS = 300;
const ATTEMPTS = 10;

describe.each(adapters)('The login page in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  let password: string;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
    password = passwordOf(pages.api, 'alice');
  });
  afterEach(async () => {
    jest.useRealTimers();
    await pages.checkAndClose();
    await caughtUp();
  });
  afterAll(() => pages.close());

  it('leads from the app to the login and back, and nothing secret is in a URL [C60]', async () => {
    const { page, requests } = await pages.open();
    await page.goto(pages.office.origin);
    await page.getByRole('link', { name: 'Sign in' }).click();
    expect(await headingOf(page)).toBe('Sign in');
    await signIn(page, 'alice', password);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Signed in');
    const { access_token: token } = pages.office.token;
    const me = await pages.api.call('/v1/me', { token });
    expect(me.body).toMatchObject({ username: 'alice', clientId: 'backoffice-web' });
    expect(requests.filter((line) => line.includes(password))).toEqual([]);
  });

  it('needs no mouse: the cursor is in the first input, Enter sends', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    expect(await focusOf(page)).toBe('User name');
    await page.keyboard.type('alice');
    await page.keyboard.press('Tab');
    expect(await focusOf(page)).toBe('Password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Signed in');
  });

  it('says that a password is wrong, forgets it, and takes the right one', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    await signIn(page, 'alice', 'not her password');
    const alert = page.getByRole('alert');
    expect(await alert.textContent()).toBe('User name or password is wrong.');
    expect(await page.getByLabel('User name').inputValue()).toBe('alice');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    expect(await focusOf(page)).toBe('Password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Signed in');
  });

  it('lets the user turn back: the app is told', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Not signed in: access_denied');
  });

  it('shows no form and no password to whoever presses the back button afterwards', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.origin);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await signIn(page, 'alice', password);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    await page.goBack();
    expect(page.url()).toContain('/oauth/interaction/');
    expect(await headingOf(page)).toBe('This page has expired');
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await page.content()).not.toContain(password);
  });

  it('sets cookies that no script reads and no foreign form sends', async () => {
    const { page, context } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    const before = await context.cookies();
    await signIn(page, 'alice', password);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    const after = await context.cookies();
    expect([before.length, after.length].every((count) => count > 0)).toBe(true);
    for (const cookie of [...before, ...after]) {
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', domain: 'localhost' });
    }
    await page.goto(`${pages.api.demo.issuer}/authorize`);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('gives a browser another session at login: what was planted before is worth nothing', async () => {
    const { page, context } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    const planted = await context.cookies();
    await signIn(page, 'alice', password);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    const attacker = await pages.open();
    await attacker.context.addCookies(planted);
    await attacker.page.goto(pages.office.authorizationUrl());
    expect(await headingOf(attacker.page)).toBe('Sign in');
  });

  it('looks at no password after too many attempts, until the time it names is over', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      await signIn(page, 'carol', 'not her password');
      expect(await page.getByRole('alert').textContent()).toBe('User name or password is wrong.');
    }
    const right = passwordOf(pages.api, 'carol');
    const [answer] = await Promise.all([
      page.waitForResponse('**/login'),
      signIn(page, 'carol', right),
    ]);
    expect(answer.status()).toBe(429);
    expect(await page.getByRole('alert').textContent()).toMatch(
      /^Too many attempts\. Try again in \d+ (seconds?|minutes?)\.$/,
    );
    await letPass(SIGN_IN_WINDOW_SECONDS);
    await signIn(page, 'carol', right);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Signed in');
  });

  it('asks again when the login is over, though the browser still has the cookie', async () => {
    const { page, context } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    await signIn(page, 'alice', password);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    await page.goto(pages.office.authorizationUrl());
    expect(await headingOf(page)).toBe('Signed in');
    const cookies = await context.cookies();
    await letPass(LOGIN_SECONDS + 60);
    await context.addCookies(cookies.map((cookie) => ({ ...cookie, expires: -1 })));
    await page.goto(pages.office.authorizationUrl());
    expect(await headingOf(page)).toBe('Sign in');
  });

  it('takes no password for a login that was begun too long ago', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    await letPass(INTERACTION_SECONDS + 60);
    await signIn(page, 'alice', password);
    expect(await headingOf(page)).toBe('This page has expired');
    expect(await page.getByRole('textbox').count()).toBe(0);
  });

  it('sends the answer as a form to an app that wants it so', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.authorizationUrl({ response_mode: 'form_post' }));
    await signIn(page, 'alice', password);
    await page.waitForURL(pages.office.redirectUri);
    expect(await headingOf(page)).toBe('Signed in');
  });

  it('is never shown inside a page of others', async () => {
    const { page, problems } = await pages.open();
    await page.goto(pages.partner.origin);
    const url = pages.office.authorizationUrl();
    await Promise.all([
      page.waitForEvent('console', (message) => message.text().includes("frame-ancestors 'none'")),
      page.evaluate(`document.body.innerHTML = '<iframe src="${url}"></iframe>'`),
    ]);
    expect(await page.frameLocator('iframe').getByRole('textbox').count()).toBe(0);
    problems.length = 0;
  });

  // Shows that the watch over the other tests would have seen it.
  it('would lead nowhere if its policy did not name the app', async () => {
    const { page, problems } = await pages.open();
    await page.goto(pages.office.authorizationUrl());
    await page.route(page.url(), async (route) => {
      const response = await route.fetch();
      const { 'content-security-policy': policy = '', ...headers } = response.headers();
      const narrow = policy.replace(` ${pages.office.origin}`, '');
      await route.fulfill({ response, headers: { ...headers, 'content-security-policy': narrow } });
    });
    await page.reload();
    await Promise.all([
      page.waitForEvent('console', (message) => message.text().includes('form-action')),
      signIn(page, 'alice', password),
    ]);
    // The page tells of it as well, a little later than the console.
    const told = (): boolean => problems.some((problem) => problem.startsWith('violation: '));
    for (let tries = 0; tries < 100 && !told(); tries += 1) await page.waitForTimeout(20);
    const seen = problems.splice(0).join(' ');
    expect(seen).toMatch(/console: .*form-action/);
    expect(seen).toMatch(/violation: form-action/);
    expect(new URL(page.url()).pathname).toMatch(/^\/oauth\/interaction\//);
  });
});
