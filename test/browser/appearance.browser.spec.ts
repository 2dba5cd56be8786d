import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Look } from '../support/chromium.js';
import {
  borderContrasts,
  controlHeights,
  focusContrast,
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

/** What is measured on one page. */
interface Findings {
  readonly tree: readonly string[];
  /** Labels of what has the focus, one after the other. */
  readonly walk: readonly string[];
  readonly texts: readonly Contrast[];
  readonly borders: readonly Contrast[];
  readonly rings: readonly Contrast[];
  readonly overflow: number;
  readonly heights: readonly number[];
  readonly title: string;
  readonly language: string;
  readonly scripts: number;
}

const LOOKS: readonly (readonly [string, Look])[] = [
  ['light', {}],
  ['dark', { scheme: 'dark' }],
  ['320-light', { width: 320, height: 640 }],
  ['320-dark', { width: 320, height: 640, scheme: 'dark' }],
  // As Chromium zooms: fewer CSS pixels, of more device pixels each.
  ['zoom-200', { width: 640, height: 400, density: 2 }],
];

/** What is in `main`, as a screen reader has it. */
const TREES: Readonly<Record<string, readonly string[]>> = {
  login: [
    '- heading "Sign in" [level=1]',
    '- paragraph: to continue to Ledger by Example Ltd',
    '- text: User name',
    '- textbox "User name"',
    '- text: Password',
    '- textbox "Password"',
    '- button "Sign in"',
    '- button "Cancel"',
  ],
  'refused login': [
    '- heading "Sign in" [level=1]',
    '- paragraph: to continue to Ledger by Example Ltd',
    '- alert: User name or password is wrong.',
    '- text: User name',
    '- textbox "User name" [invalid]: bob',
    '- text: Password',
    '- textbox "Password" [invalid]',
    '- button "Sign in"',
    '- button "Cancel"',
  ],
  "consent to somebody else's app": [
    '- heading "Allow Ledger by Example Ltd?" [level=1]',
    '- paragraph: You are signed in as bob.',
    '- paragraph:',
    '  - text: The app',
    '  - code: ledger',
    '  - text: "asks to:"',
    '- list "The app ledger asks to:":',
    '  - listitem:',
    '    - text: See invoices',
    '    - code: invoices:read',
    '  - listitem:',
    '    - text: Create and change invoices',
    '    - code: invoices:write',
    '- paragraph: Ledger by Example Ltd is not from Sallyport. Allow it only if you trust whoever makes it.',
    '- button "Allow"',
    '- button "Deny"',
  ],
  consent: [
    '- heading "Allow Mobile app?" [level=1]',
    '- paragraph: You are signed in as bob.',
    '- paragraph:',
    '  - text: The app',
    '  - code: mobile-app',
    '  - text: "asks to:"',
    '- list "The app mobile-app asks to:":',
    '  - listitem:',
    '    - text: See invoices',
    '    - code: invoices:read',
    '  - listitem:',
    '    - text: Create and change invoices',
    '    - code: invoices:write',
    '- paragraph: Allow this only if you have just started to sign in with Mobile app.',
    '- button "Allow"',
    '- button "Deny"',
  ],
  logout: [
    '- heading "Sign out?" [level=1]',
    '- paragraph: This ends your sign-in with Sallyport in this browser, and in every app that you opened with it.',
    '- button "Sign out"',
    '- button "Stay signed in"',
  ],
  'signed out': [
    '- heading "You are signed out" [level=1]',
    '- paragraph: You can close this window.',
  ],
  'still signed in': [
    '- heading "You are still signed in" [level=1]',
    '- paragraph: You may go back to Back office. You can close this window.',
  ],
  error: [
    '- heading "This request cannot be served" [level=1]',
    '- alert: "The reason: client is invalid. Go back to the app and start again."',
    '- paragraph:',
    '  - text: "Code:"',
    '  - code: invalid_client',
  ],
};

describe('The pages in Chromium', () => {
  let pages: SignInPages;
  let screenshots: string;
  const findings = new Map<string, ReadonlyMap<string, Findings>>();

  beforeAll(async () => {
    pages = await startSignInPages('express');
    screenshots = await mkdtemp(join(tmpdir(), 'sallyport-pages-'));
    process.stderr.write(`Screenshots of the pages: ${screenshots}\n`);
    for (const [name, look] of LOOKS) findings.set(name, await visitAll(name, look));
  });
  afterAll(async () => {
    await pages.checkAndClose();
    await pages.close();
  });

  /** Goes through every page that there is, in a browser that looks so. */
  async function visitAll(kind: string, look: Look): Promise<ReadonlyMap<string, Findings>> {
    const { page } = await pages.open(look);
    const found = new Map<string, Findings>();
    const visit = async (name: string) => {
      await page.screenshot({ path: join(screenshots, `${name}-${kind}.png`), fullPage: true });
      found.set(name, await measure(page));
    };
    await page.goto(pages.partner.authorizationUrl());
    await visit('login');
    await signIn(page, 'bob', 'not his password');
    await visit('refused login');
    await signIn(page, 'bob', passwordOf(pages.api, 'bob'));
    await page.waitForSelector('text=You are signed in as');
    await visit("consent to somebody else's app");
    await page.goto(pages.mobile.authorizationUrl());
    await visit('consent');
    await page.goto(pages.office.signOutUrl);
    await visit('logout');
    await page.getByRole('button', { name: 'Stay signed in' }).click();
    await page.waitForURL(pages.office.signedOutUri);
    await page.goto(`${pages.api.demo.issuer}/logout/success?client_id=backoffice-web`);
    await visit('still signed in');
    await page.goto(`${pages.api.demo.issuer}/logout`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/logout/success');
    await visit('signed out');
    await page.goto(pages.office.authorizationUrl({ client_id: 'nobody' }));
    await visit('error');
    return found;
  }

  async function measure(page: Page): Promise<Findings> {
    const heights = await controlHeights(page);
    const tree = (await page.locator('body').ariaSnapshot()).split('\n');
    const [walk, rings]: [string[], Contrast[]] = [[], []];
    if ((await page.locator('[autofocus]').count()) === 0) await page.keyboard.press('Tab');
    while (await page.evaluate('document.activeElement !== document.body')) {
      walk.push(await focusOf(page));
      rings.push(await focusContrast(page));
      await page.keyboard.press('Tab');
    }
    return {
      tree,
      walk,
      rings,
      heights,
      texts: await textContrasts(page),
      borders: await borderContrasts(page),
      overflow: await overflowOf(page),
      title: await page.title(),
      language: await page.evaluate('document.documentElement.lang'),
      scripts: await page.evaluate('document.scripts.length'),
    };
  }

  /** The same of each page, by its name. */
  const each = (look: string, read: (found: Findings) => unknown): Record<string, unknown> =>
    Object.fromEntries(
      Array.from(findings.get(look) ?? [], ([name, found]) => [name, read(found)]),
    );

  it('say what they are to those who hear them', () => {
    const frame = ['- banner: Sallyport', '- main:'];
    const whole = Object.entries(TREES).map(
      ([name, tree]) => [name, [...frame, ...tree.map((line) => `  ${line}`)]] as const,
    );
    expect(each('light', ({ tree }) => tree)).toEqual(Object.fromEntries(whole));
  });

  it('are walked through with Tab in the order in which they are read', () => {
    expect(each('light', ({ walk }) => walk)).toEqual({
      login: ['User name', 'Password', 'Sign in', 'Cancel'],
      'refused login': ['Password', 'Sign in', 'Cancel'],
      "consent to somebody else's app": ['Allow', 'Deny'],
      consent: ['Allow', 'Deny'],
      logout: ['Sign out', 'Stay signed in'],
      'still signed in': [],
      'signed out': [],
      error: [],
    });
  });

  it('have a title and a language, and no script', () => {
    expect(each('light', ({ title, language, scripts }) => [title, language, scripts])).toEqual({
      login: ['Sign in · Sallyport', 'en', 0],
      'refused login': ['Sign in · Sallyport', 'en', 0],
      "consent to somebody else's app": ['Allow Ledger by Example Ltd? · Sallyport', 'en', 0],
      consent: ['Allow Mobile app? · Sallyport', 'en', 0],
      logout: ['Sign out · Sallyport', 'en', 0],
      'still signed in': ['Still signed in · Sallyport', 'en', 0],
      'signed out': ['Signed out · Sallyport', 'en', 0],
      error: ['This request cannot be served · Sallyport', 'en', 0],
    });
  });

  describe.each(LOOKS)('%s', (look) => {
    const limits = [
      ['text stands out', 4.5, ({ texts }: Findings) => texts],
      ['edges of inputs stand out', 3, ({ borders }: Findings) => borders],
      ['what has the focus stands out', 3, ({ rings }: Findings) => rings],
    ] as const;
    it.each(limits)('%s by at least %d : 1', (_what, limit, contrasts) => {
      const found = Array.from(findings.get(look)?.values() ?? []).flatMap(contrasts);
      expect(found.length).toBeGreaterThan(3);
      expect(found.filter(({ ratio }) => ratio < limit)).toEqual([]);
    });

    it('nothing is cut off or needs scrolling sideways', () => {
      const overflows = Object.values(each(look, ({ overflow }) => overflow));
      expect(overflows).toEqual(Array.from({ length: 8 }, () => 0));
    });

    it('every control is as high as a finger', () => {
      const heights = Array.from(findings.get(look)?.values() ?? []).flatMap(
        (found) => found.heights,
      );
      expect(heights.length).toBeGreaterThan(8);
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    });
  });
});
