import { AuthorizationPages } from './authorization-pages.js';
import { Stylesheet } from './stylesheet.js';
import { resolveTheme, type ThemeOptions } from './theme.js';

const HOSTILE = `</title><script src="//evil.example"></script>"'><img src=x onerror=alert(1)>`;

const pagesOf = (theme: ThemeOptions = {}): AuthorizationPages => {
  const resolved = resolveTheme(theme, []);
  const issuer = 'https://api.example.com/auth/oauth';
  return new AuthorizationPages(resolved, new Stylesheet(resolved), { issuer });
};

const pages = pagesOf({ name: HOSTILE });
const login = {
  clientName: HOSTILE,
  action: '/oauth/interaction/u1',
  csrf: HOSTILE,
  username: HOSTILE,
  message: HOSTILE,
};
const consent = {
  clientName: HOSTILE,
  clientId: HOSTILE,
  isThirdParty: true,
  userName: HOSTILE,
  scope: [
    { value: HOSTILE, description: HOSTILE },
    { value: 'b', description: HOSTILE },
  ],
  resources: [HOSTILE],
  action: '/oauth/interaction/u1',
  csrf: HOSTILE,
};
const form = '<form id="op.logoutForm" method="post" action="/oauth/x"></form>';

const documents: readonly (readonly [string, string])[] = [
  ['login', pages.login(login)],
  ['consent', pages.consent(consent)],
  ['first-party consent', pages.consent({ ...consent, isThirdParty: false })],
  ['logout', pages.logout({ form })],
  ['logged out', pages.loggedOut({ clientName: HOSTILE, isSignedIn: false })],
  ['error', pages.error({ title: HOSTILE, message: HOSTILE, code: HOSTILE })],
];

describe.each(documents)('the %s page', (_, document) => {
  it('holds no element or attribute of a hostile name', () => {
    expect(document).toContain('&lt;script src=&quot;//evil.example&quot;&gt;');
    expect(document).not.toMatch(/<(script|img)|"'>/);
  });

  it('runs nothing, styles nothing inline, and loads one stylesheet of our own', () => {
    const markup = document.replaceAll(/&[a-z#0-9]+;/g, '');
    expect(markup).not.toMatch(/<(script|style|img|iframe|base|object)\b|\s(on\w+|style)="/);
    const loaded = [...document.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
    expect(loaded).toEqual([
      expect.stringMatching(/^\/auth\/oauth\/assets\/style\.css\?v=[\w-]+$/),
    ]);
  });

  it('says its language, and has one heading of the first level', () => {
    expect(document).toMatch(/^<!doctype html>\s*<html lang="en">/);
    expect(document.match(/<h1>/g)).toHaveLength(1);
  });

  it('has a label for every input that people fill in', () => {
    const inputs = [...document.matchAll(/<input([^>]*)>/g)].map(
      ([, attributes = '']) => attributes,
    );
    for (const attributes of inputs.filter((text) => !text.includes('type="hidden"'))) {
      const id = /\sid="([^"]+)"/.exec(attributes)?.[1];
      expect(document).toContain(`<label for="${String(id)}">`);
    }
  });
});

describe('AuthorizationPages.login', () => {
  const first = { ...login, clientName: 'Mobile', csrf: 't', username: '', message: null };

  it('lets password managers know which input is which', () => {
    const document = pages.login(first);
    expect(document).toMatch(/name="username"[^>]*autocomplete="username"/);
    expect(document).toMatch(/name="password"[^>]*autocomplete="current-password"/);
  });

  it('sends each form with its token, below the path of the interaction', () => {
    const document = pages.login(first);
    const actions = [...document.matchAll(/method="post" action="([^"]+)"/g)].map(([, url]) => url);
    expect(actions).toEqual(['/oauth/interaction/u1/login', '/oauth/interaction/u1/cancel']);
    expect(document.match(/name="csrf" value="t"/g)).toHaveLength(2);
  });

  it('ties a message to the inputs that it is about, and begins where it is read', () => {
    const message = 'User name or password is wrong.';
    const document = pages.login({ ...first, username: 'alice', message });
    expect(document).toMatch(/<p class="warning" role="alert" id="message">User name or password/);
    expect(document.match(/aria-invalid="true" aria-describedby="message"/g)).toHaveLength(2);
    expect(document).toMatch(/name="password"[^>]*autofocus/);
    expect(document).not.toMatch(/name="username"[^>]*autofocus/);
  });

  it('says how long to wait', () => {
    const waiting = { ...first, message: 'Too many attempts.', retryAfterSeconds: 200 };
    expect(pages.login(waiting)).toContain('Too many attempts. Try again in 4 minutes.');
  });
});

describe('AuthorizationPages.consent', () => {
  const asked = {
    ...consent,
    clientName: 'Partner',
    userName: 'alice',
    scope: [
      { value: 'invoices:read', description: 'Read invoices' },
      { value: 'other', description: 'other' },
    ],
    resources: ['https://ledger.test/api'],
  };

  it('says of whom, to whom and what, and that the app is not ours if it is not', () => {
    const ours = pagesOf({ name: 'Invoices' });
    const document = ours.consent(asked);
    expect(document).toContain('<h1>Allow <bdi>Partner</bdi>?</h1>');
    expect(document).toContain('signed in as <bdi>alice</bdi>');
    expect(document).toMatch(/<li>Read invoices<br \/><code[^>]*>invoices:read<\/code><\/li>/);
    expect(document).toContain('<li><code>other</code></li>');
    expect(document).toContain('At another service: <code>https://ledger.test/api</code>');
    expect(document).toContain('<bdi>Partner</bdi> is not from Invoices.');
    expect(ours.consent({ ...asked, isThirdParty: false })).not.toContain('is not from');
  });

  it('allows and denies by two buttons of one form', () => {
    const document = pages.consent(asked);
    expect(document).toContain('action="/oauth/interaction/u1/consent"');
    expect(document.match(/name="decision" value="(allow|deny)"/g)).toHaveLength(2);
  });
});

describe('AuthorizationPages.logout', () => {
  it("sends the engine's form by its buttons", () => {
    const document = pages.logout({ form });
    expect(document).toContain(form);
    expect(document).toContain('form="op.logoutForm" name="logout" value="yes"');
    expect(document.match(/form="op\.logoutForm"/g)).toHaveLength(2);
  });
});

describe('AuthorizationPages.loggedOut', () => {
  it('says what happened: nobody who stayed is told that they are signed out', () => {
    const [gone, stayed] = [false, true].map((isSignedIn) =>
      pages.loggedOut({ clientName: 'Shop', isSignedIn }),
    );
    expect(gone).toContain('<h1>You are signed out</h1>');
    expect(stayed).toContain('<h1>You are still signed in</h1>');
    expect(stayed).toContain('go back to <bdi>Shop</bdi>');
  });
});

describe('Stylesheet', () => {
  it('carries the colours and the CSS of the theme, under a version of its own', () => {
    const plain = new Stylesheet(resolveTheme({}, []));
    const own = { accentColor: '#ffd400', stylesheet: 'h1 { color: var(--accent) }' };
    const themed = new Stylesheet(resolveTheme(own, []));
    expect(themed.text).toContain('--accent:#ffd400;--accent-text:#000000');
    expect(themed.text.endsWith('h1 { color: var(--accent) }')).toBe(true);
    expect(themed.version).toMatch(/^[\w-]{16}$/);
    expect(themed.version).not.toBe(plain.version);
  });
});
