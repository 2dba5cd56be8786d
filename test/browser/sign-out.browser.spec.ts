import type { Profile } from '../support/chromium.js';
import { adapters } from '../support/reference-api.js';
import {
  headingOf,
  passwordOf,
  signIn,
  startSignInPages,
  type SignInPages,
} from '../support/sign-in-pages.js';

describe.each(adapters)('Signing out in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
  });
  afterEach(() => pages.checkAndClose());
  afterAll(() => pages.close());

  const openSignedIn = async (): Promise<Profile> => {
    const profile = await pages.open();
    await profile.page.goto(pages.office.authorizationUrl());
    await signIn(profile.page, 'alice', passwordOf(pages.api, 'alice'));
    await profile.page.waitForURL(`${pages.office.redirectUri}?*`);
    return profile;
  };

  it('is asked for, and leads back to the app; the login is over', async () => {
    const { page } = await openSignedIn();
    await page.goto(pages.office.origin);
    await page.getByRole('link', { name: 'Sign out' }).click();
    expect(await headingOf(page)).toBe('Sign out?');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${pages.office.signedOutUri}*`);
    expect(await headingOf(page)).toBe('Goodbye');
    await page.goto(pages.office.authorizationUrl());
    expect(await headingOf(page)).toBe('Sign in');
  });

  it('ends the cookie itself: a copy of it opens nothing', async () => {
    const { page, context } = await openSignedIn();
    const cookies = await context.cookies();
    await page.goto(pages.office.signOutUrl);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${pages.office.signedOutUri}*`);
    const thief = await pages.open();
    await thief.context.addCookies(cookies);
    await thief.page.goto(pages.office.authorizationUrl());
    expect(await headingOf(thief.page)).toBe('Sign in');
  });

  it('says so itself where no app is named', async () => {
    const { page } = await openSignedIn();
    await page.goto(`${pages.api.demo.issuer}/logout`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/logout/success*');
    expect(await headingOf(page)).toBe('You are signed out');
    await page.goto(pages.office.authorizationUrl());
    expect(await headingOf(page)).toBe('Sign in');
  });

  it('does not happen to whoever says no', async () => {
    const { page } = await openSignedIn();
    await page.goto(`${pages.api.demo.issuer}/logout`);
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await page.waitForURL('**/logout/success*');
    expect(await headingOf(page)).toBe('You are still signed in');
    await page.goto(pages.office.authorizationUrl());
    expect(await headingOf(page)).toBe('Signed in');
  });

  it('has no question, and no script, for whoever is not signed in', async () => {
    const { page } = await pages.open();
    await page.goto(pages.office.signOutUrl);
    await page.waitForURL(`${pages.office.signedOutUri}*`);
    expect(await headingOf(page)).toBe('Goodbye');
    await page.goto(`${pages.api.demo.issuer}/logout`);
    expect(await headingOf(page)).toBe('You are signed out');
  });
});
