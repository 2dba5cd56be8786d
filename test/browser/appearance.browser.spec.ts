import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Look } from '../support/chromium.js';
import {
  borderContrasts,
  controlHeights,
  focusContrasts,
  overflowOf,
  textContrasts,
  type Contrast,
} from '../support/page-measures.js';
import {
  focusOf,
  passwordOf,
  signIn,
  startSignInPages,
  type SignInPages,
} from '../support/sign-in-pages.js';

type Visit = (name: string, page: Page) => Promise<void>;

const TREES: Readonly<Record<string, readonly string[]>> = {
  login: [
    '- banner: Sallyport',
    '- main:',
    '  - heading "Sign in" [level=1]',
    '  - paragraph: to continue to Ledger by Example Ltd',
    '  - text: User name',
    '  - textbox "User name" [active]',
    '  - text: Password',
    '  - textbox "Password"',
    '  - button "Sign in"',
    '  - button "Cancel"',
  ],
};

const FOCUS: Readonly<Record<string, readonly string[]>> = {
  login: ['User name', 'Password', 'Sign in', 'Cancel'],
  'login-refused': ['Password', 'Sign in', 'Cancel'],
  'consent-third-party': ['Allow', 'Deny'],
  consent: ['Allow', 'Deny'],
  logout: ['Sign out', 'Stay signed in'],
  'signed-out': [],
  error: [],
};

const LOOKS: readonly (readonly [string, Look])[] = [
  ['light', {}],
  ['dark', { scheme: 'dark' }],
  ['320-light', { width: 320, height: 640 }],
  ['320-dark', { width: 320, height: 640, scheme: 'dark' }],
  // As Chromium zooms: fewer CSS pixels, of more device pixels each.
  ['zoom-200', { width: 640, height: 400, density: 2 }],
];

describe('The pages in Chromium', () => {
  let pages: SignInPages;
  let screenshots: string;
  beforeAll(async () => {
    pages = await startSignInPages('express');
    screenshots = await mkdtemp(join(tmpdir(), 'sallyport-pages-'));
    process.stderr.write(`Screenshots of the pages: ${screenshots}\n`);
  });
  afterEach(() => pages.checkAndClose());
  afterAll(() => pages.close());

  /** Goes through every page that there is, in a browser that looks so. */
  async function visitAll(look: Look, visit: Visit): Promise<void> {
    const { page } = await pages.open(look);
    const { issuer } = pages.api.demo;
    const password = passwordOf(pages.api, 'bob');
    await page.goto(pages.partner.authorizationUrl());
    await visit('login', page);
    await signIn(page, 'bob', 'not his password');
    await visit('login-refused', page);
    await signIn(page, 'bob', password);
    await page.waitForSelector('text=You are signed in as');
    await visit('consent-third-party', page);
    await page.goto(pages.mobile.authorizationUrl());
    await visit('consent', page);
    await page.goto(pages.office.signOutUrl);
    await visit('logout', page);
    await page.goto(`${issuer}/session/end/success?client_id=ledger`);
    await visit('signed-out', page);
    await page.goto(pages.office.authorizationUrl({ client_id: 'nobody' }));
    await visit('error', page);
  }

  /** Of what is below the limit, on every page. */
  const tooLow = async (
    look: Look,
    limit: number,
    measure: (page: Page) => Promise<readonly Contrast[]>,
  ): Promise<readonly string[]> => {
    const low: string[] = [];
    let measured = 0;
    await visitAll(look, async (name, page) => {
      for (const { where, ratio } of await measure(page)) {
        measured += 1;
        if (ratio < limit) low.push(`${name}: ${where} ${ratio.toFixed(2)}`);
      }
    });
    expect(measured).toBeGreaterThan(0);
    return low;
  };

  it.each(LOOKS)('%s: nothing is cut off or needs scrolling sideways', async (kind, look) => {
    await visitAll(look, async (name, page) => {
      await page.screenshot({ path: join(screenshots, `${name}-${kind}.png`), fullPage: true });
      expect([name, await overflowOf(page)]).toEqual([name, 0]);
      for (const height of await controlHeights(page)) expect(height).toBeGreaterThanOrEqual(44);
    });
  });

  it.each(LOOKS.slice(0, 2))('%s: text stands out by 4.5 : 1', async (_kind, look) => {
    expect(await tooLow(look, 4.5, textContrasts)).toEqual([]);
  });

  it.each(LOOKS.slice(0, 2))('%s: edges of inputs stand out by 3 : 1', async (_kind, look) => {
    expect(await tooLow(look, 3, borderContrasts)).toEqual([]);
  });

  it.each(LOOKS.slice(0, 2))('%s: what has the focus stands out by 3 : 1', async (_kind, look) => {
    const focused = async (page: Page) => {
      const found: Contrast[] = [];
      for (const _control of await controlHeights(page)) {
        await page.keyboard.press('Tab');
        found.push(...(await focusContrasts(page)));
      }
      return found;
    };
    expect(await tooLow(look, 3, focused)).toEqual([]);
  });

  it('say what they are to those who hear them', async () => {
    const trees: Record<string, readonly string[]> = {};
    await visitAll({}, async (name, page) => {
      trees[name] = (await page.locator('body').ariaSnapshot()).split('\n');
    });
    expect(trees).toEqual(TREES);
  });

  it('are walked through with Tab in the order in which they are read', async () => {
    const walks: Record<string, readonly string[]> = {};
    await visitAll({}, async (name, page) => {
      const expected = FOCUS[name] ?? [];
      const walk: string[] = [];
      if ((await page.locator('[autofocus]').count()) > 0) walk.push(await focusOf(page));
      while (walk.length < expected.length) {
        await page.keyboard.press('Tab');
        walk.push(await focusOf(page));
      }
      walks[name] = walk;
    });
    expect(walks).toEqual(FOCUS);
  });

  it('have a language, a title that begins with their heading, and no script', async () => {
    await visitAll({}, async (_name, page) => {
      expect(await page.evaluate('document.documentElement.lang')).toBe('en');
      expect(await page.title()).toMatch(/^.+ · Sallyport$/);
      expect(await page.evaluate('document.scripts.length')).toBe(0);
    });
  });
});
