import { messageOf, readSignInPage } from './sign-in-page.js';

describe('readSignInPage', () => {
  const form = (action: string, csrf: string) =>
    `<form method="post" action="${action}"><input type="hidden" name="csrf" value="${csrf}"></form>`;

  it('finds the form that goes on among those that do not', () => {
    const html = `${form('/oauth/interaction/a/cancel', 'no')}${form('/oauth/interaction/a/login', 'yes')}`;
    expect(readSignInPage(html)).toEqual({
      asks: 'login',
      action: '/oauth/interaction/a/login',
      csrf: 'yes',
    });
  });

  it('reads characters that are escaped', () => {
    expect(readSignInPage(form('/a&amp;b/consent', '&lt;&#39;&quot;&amp;amp;'))).toMatchObject({
      action: '/a&b/consent',
      csrf: `<'"&amp;`,
    });
  });

  it('is null for a page that asks nothing', () => {
    expect(readSignInPage('<h1>Error</h1>')).toBeNull();
    expect(readSignInPage(form('/logout', 'x'))).toBeNull();
  });
});

describe('messageOf', () => {
  it('gives the warning of a page as text', () => {
    const warning = '<p class="warning" role="alert" id="message">Say <b>&quot;a&quot;</b>.\n</p>';
    expect(messageOf(`<h1>Title</h1>${warning}<p>More</p>`)).toBe('Say "a".');
    expect(messageOf('<h1>Title</h1>')).toBeNull();
  });
});
