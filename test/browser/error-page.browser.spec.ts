import { adapters } from '../support/reference-api.js';
import { headingOf, startSignInPages, type SignInPages } from '../support/sign-in-pages.js';

describe.each(adapters)('The error page in Chromium, on %s', (adapter) => {
  let pages: SignInPages;
  beforeAll(async () => {
    pages = await startSignInPages(adapter);
  });
  afterEach(() => pages.checkAndClose());
  afterAll(() => pages.close());

  it.each([
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client'],
    ['a foreign redirect URI', { redirect_uri: 'https://evil.test/' }, 'invalid_redirect_uri'],
  ])('stands where %s would have led', async (_what, parameters, code) => {
    const { page } = await pages.open();
    const response = await page.goto(pages.office.authorizationUrl(parameters));
    expect(response?.status()).toBe(400);
    expect(await headingOf(page)).toBe('This request cannot be served');
    expect(await page.getByRole('alert').count()).toBe(1);
    expect(await page.locator('main').textContent()).toContain(`Code: ${code}`);
    expect(await page.getByRole('link').count()).toBe(0);
    expect(new URL(page.url()).origin).toBe(new URL(pages.api.demo.issuer).origin);
  });

  it('says that an interaction is over, or never was', async () => {
    const { page } = await pages.open();
    const response = await page.goto(`${pages.api.demo.issuer}/interaction/nothing`);
    expect(response?.status()).toBe(400);
    expect(await headingOf(page)).toBe('This page has expired');
    expect(await page.locator('main').textContent()).toContain('Code: interaction-expired');
  });

  it('runs nothing of what stood in the request', async () => {
    const { page } = await pages.open();
    const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    for (const name of ['client_id', 'scope', 'response_type', 'prompt', 'redirect_uri']) {
      await page.goto(pages.office.authorizationUrl({ [name]: hostile }));
      expect(await page.locator('img, script').count()).toBe(0);
    }
  });
});
