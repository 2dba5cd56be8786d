import type { ClientApp } from '../support/client-app.js';
import type { Profile } from '../support/chromium.js';
import { adapters } from '../support/reference-api.js';
import {
  headingOf,
  passwordOf,
  signIn,
  startSignInPages,
  type SignInPages,
} from '../support/sign-in-pages.js';

const NEW_PASSWORD = 'an entirely new password';

describe.each(adapters)('What alice does in her browsers, on %s', (adapter) => {
  let pages: SignInPages;
  let laptop: Profile;
  let phone: Profile;
  let password: string;

  // One story: each test goes on where the one before it ended.
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
    password = passwordOf(pages.api, 'alice');
    laptop = await pages.open();
    phone = await pages.open({ width: 390, height: 844 });
  });
  afterAll(async () => {
    await pages.checkAndClose();
    await pages.close();
  });

  const allow = async ({ page }: Profile, app: ClientApp) => {
    expect(await headingOf(page)).toBe('Allow Mobile app?');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${app.redirectUri}?*`);
    return app.token;
  };
  const statusOf = async ({ access_token: token }: { readonly access_token: string }) =>
    (await pages.api.call('/v1/me', { token })).status;
  const refresh = async (app: ClientApp, refreshToken = '') =>
    (await app.redeem({ grant_type: 'refresh_token', refresh_token: refreshToken })).status;
  const asks = async ({ page }: Profile, app: ClientApp) => {
    await page.goto(app.authorizationUrl());
    return headingOf(page);
  };

  let office: ClientApp['token'];
  let mobile: ClientApp['token'];
  let onPhone: ClientApp['token'];

  it('signs in to one app, and is then known in the other: no password is asked', async () => {
    const { page } = laptop;
    await page.goto(pages.office.authorizationUrl());
    await signIn(page, 'alice', password);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    office = pages.office.token;
    await page.goto(pages.mobile.authorizationUrl());
    mobile = await allow(laptop, pages.mobile);
    expect(await statusOf(office)).toBe(200);
    expect(await statusOf(mobile)).toBe(200);
  });

  it('signs in on her phone too, which knows nothing of the laptop [C86]', async () => {
    await phone.page.goto(pages.mobile.authorizationUrl());
    await signIn(phone.page, 'alice', password);
    await phone.page.waitForSelector('text=You are signed in as');
    onPhone = await allow(phone, pages.mobile);
    expect(await statusOf(onPhone)).toBe(200);
  });

  it("ends the phone's session from the laptop: its tokens and its cookie are dead, the laptop's live [C55]", async () => {
    const listed = await pages.api.call('/v1/me/sessions', { token: onPhone.access_token });
    const sessions = listed.body as readonly {
      id: string;
      isCurrent: boolean;
      userAgent: string;
    }[];
    expect(sessions).toHaveLength(3);
    const session = sessions.find(({ isCurrent }) => isCurrent);
    const ended = await pages.api.call(`/v1/me/sessions/${session?.id ?? ''}`, {
      method: 'DELETE',
      token: office.access_token,
    });
    expect(ended.status).toBe(204);
    expect(await statusOf(onPhone)).toBe(401);
    expect(await refresh(pages.mobile, onPhone.refresh_token)).toBe(400);
    expect(await asks(phone, pages.mobile)).toBe('Sign in');
    expect(await statusOf(office)).toBe(200);
    expect(await statusOf(mobile)).toBe(200);
    expect(await asks(laptop, pages.mobile)).toBe('Allow Mobile app?');
  });

  it('changes her password: every cookie, code and token is dead', async () => {
    pages.office.redeems = false;
    expect(await asks(laptop, pages.office)).toBe('Code received');
    const inFlight = pages.office.redirects.at(-1);
    const changed = await pages.api.call('/v1/me/password', {
      method: 'POST',
      token: office.access_token,
      body: { currentPassword: password, newPassword: NEW_PASSWORD },
    });
    expect(changed.status).toBe(204);
    expect(await statusOf(office)).toBe(401);
    expect(await statusOf(mobile)).toBe(401);
    expect(await refresh(pages.office, office.refresh_token)).toBe(400);
    expect(await refresh(pages.mobile, mobile.refresh_token)).toBe(400);
    expect(inFlight).toBeDefined();
    if (inFlight === undefined) return;
    expect((await pages.office.redeem(pages.office.codeGrant(inFlight))).status).toBe(400);
    expect(await asks(laptop, pages.office)).toBe('Sign in');
    expect(await asks(laptop, pages.mobile)).toBe('Sign in');
  });

  it('signs in with the new password alone', async () => {
    const { page } = laptop;
    pages.office.redeems = true;
    await page.goto(pages.office.authorizationUrl());
    await signIn(page, 'alice', password);
    expect(await page.getByRole('alert').textContent()).toBe('User name or password is wrong.');
    await signIn(page, 'alice', NEW_PASSWORD);
    await page.waitForURL(`${pages.office.redirectUri}?*`);
    expect(await statusOf(pages.office.token)).toBe(200);
  });
});
