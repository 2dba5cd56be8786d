import type { ClientApp } from '../support/client-app.js';
import type { Profile } from '../support/chromium.js';
import { adapters } from '../support/reference-api.js';
import {
  focusOf,
  headingOf,
  passwordOf,
  signIn,
  startSignInPages,
  type SignInPages,
} from '../support/sign-in-pages.js';

describe.each(adapters)('The consent page in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
  });
  afterEach(() => pages.checkAndClose());
  afterAll(() => pages.close());

  /** The user's browser, in which this app has just asked. */
  const openConsent = async (app: ClientApp, username: string): Promise<Profile> => {
    const profile = await pages.open();
    await profile.page.goto(app.authorizationUrl());
    await signIn(profile.page, username, passwordOf(pages.api, username));
    await profile.page.waitForSelector('text=You are signed in as');
    return profile;
  };

  it('names the app, who makes it, the user and every scope; allowed, the app gets its token', async () => {
    const { page } = await openConsent(pages.partner, 'alice');
    expect(await page.locator('main').ariaSnapshot()).toBe(
      [
        '- main:',
        '  - heading "Allow Ledger by Example Ltd?" [level=1]',
        '  - paragraph: You are signed in as alice.',
        '  - paragraph:',
        '    - text: The app',
        '    - code: ledger',
        '    - text: "asks to:"',
        '  - list "The app ledger asks to:":',
        '    - listitem:',
        '      - text: See invoices',
        '      - code: invoices:read',
        '    - listitem:',
        '      - text: Create and change invoices',
        '      - code: invoices:write',
        '  - paragraph: Ledger by Example Ltd is not from Sallyport. Allow it only if you trust whoever makes it.',
        '  - button "Allow"',
        '  - button "Deny"',
      ].join('\n'),
    );
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${pages.partner.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Signed in');
    const { access_token: token } = pages.partner.token;
    expect((await pages.api.call('/v1/me', { token })).status).toBe(200);
  });

  it('denied, the app gets no code', async () => {
    const { page } = await openConsent(pages.mobile, 'bob');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForURL(`${pages.mobile.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Not signed in: access_denied');
    expect(pages.mobile.redirects.at(-1)?.parameters.has('code')).toBe(false);
  });

  it('needs no mouse', async () => {
    const { page } = await openConsent(pages.mobile, 'bob');
    await page.keyboard.press('Tab');
    expect(await focusOf(page)).toBe('Allow');
    await page.keyboard.press('Tab');
    expect(await focusOf(page)).toBe('Deny');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${pages.mobile.redirectUri}?*`);
    expect(await headingOf(page)).toBe('Signed in');
  });

  it("is shown once for somebody else's app, and each time for one that could be impersonated", async () => {
    const { page } = await openConsent(pages.partner, 'carol');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${pages.partner.redirectUri}?*`);
    await page.goto(pages.partner.authorizationUrl());
    expect(await headingOf(page)).toBe('Signed in');
    for (let visit = 0; visit < 2; visit += 1) {
      await page.goto(pages.mobile.authorizationUrl());
      expect(await headingOf(page)).toBe('Allow Mobile app?');
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL(`${pages.mobile.redirectUri}?*`);
    }
  });

  it('cannot be answered again by the back button', async () => {
    const { page } = await openConsent(pages.mobile, 'bob');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForURL(`${pages.mobile.redirectUri}?*`);
    await page.goBack();
    expect(await headingOf(page)).toBe('This page has expired');
    expect(await page.getByRole('button').count()).toBe(0);
  });
});
