import { Html, html } from './html.js';

describe('html', () => {
  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['" onfocus="alert(1)', '&quot; onfocus=&quot;alert(1)'],
    ["' onfocus='alert(1)", '&#39; onfocus=&#39;alert(1)'],
    ['&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['</title><svg/onload=alert(1)>', '&lt;/title&gt;&lt;svg/onload=alert(1)&gt;'],
    ['$& $1 ${1} \\u003c \\', '$&amp; $1 ${1} \\u003c \\'],
  ])('escapes %j', (hostile, escaped) => {
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      `<p title="${escaped}">${escaped}</p>`,
    );
  });

  it('takes what is HTML already as it is, once and in lists', () => {
    const names = ['<a>', '<b>'].map((name) => html`<i>${name}</i>`);
    expect(html`${names}${new Html('<i>c</i>')}`.text).toBe(
      '<i>&lt;a&gt;</i><i>&lt;b&gt;</i><i>c</i>',
    );
  });

  it('leaves nothing of null and of an empty list', () => {
    expect(html`<p>${null}${[]}</p>`.text).toBe('<p></p>');
  });

  it('escapes each text of a list', () => {
    expect(html`<p>${['<i>', new Html('<b>')]}</p>`.text).toBe('<p>&lt;i&gt;<b></p>');
  });
});
