import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Found by tools/test.mjs. Nothing is ever downloaded. */
const { TEST_CHROMIUM: executablePath } = process.env;

const ARGUMENTS = [
  '--no-sandbox', // it does not start as root with one; the pages are our own
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** How somebody has set up their screen. */
export interface Look {
  readonly scheme?: 'light' | 'dark';
  /** CSS pixels. @default 1280 */
  readonly width?: number;
  /** @default 800 */
  readonly height?: number;
  /** Device pixels of one CSS pixel. @default 1 */
  readonly density?: number;
}

/** One person's browser: cookies of its own, and a watch over everything that its pages do. */
export interface Profile {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the console said, scripts threw and the Content-Security-Policy stopped; and requests without answer. */
  readonly problems: string[];
  /** What was asked for, in order: `document http://localhost:3000/oauth/authorize?…`. */
  readonly requests: readonly string[];
}

export async function startChromium(): Promise<Browser> {
  if (executablePath === undefined)
    throw new Error('TEST_CHROMIUM is not set: npm run test:browser');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

export async function openProfile(browser: Browser, look: Look = {}): Promise<Profile> {
  const { scheme = 'light', width = 1280, height = 800, density = 1 } = look;
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height },
    deviceScaleFactor: density,
  });
  const problems: string[] = [];
  const requests: string[] = [];
  await context.exposeBinding('reportViolation', (_source, text: string) => {
    problems.push(`violation: ${text}`);
  });
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    reportViolation(event.effectiveDirective + ' ' + event.blockedURI))`);
  context.on('console', (message) => {
    if (!isStatusOfPage(message.text())) problems.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => problems.push(`error: ${error.error().message}`));
  context.on('request', (request) => requests.push(`${request.resourceType()} ${request.url()}`));
  context.on('requestfailed', (request) => {
    problems.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  return { page: await context.newPage(), context, problems, requests };
}

/** Chromium says so of each page that is a refusal, and of anything else that is missing. */
const isStatusOfPage = (text: string): boolean =>
  /^Failed to load resource: the server responded with a status of (400|403|429) /.test(text);
