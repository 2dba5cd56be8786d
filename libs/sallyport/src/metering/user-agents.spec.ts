import { UserAgents } from './user-agents.js';

describe('User agents', () => {
  it.each([
    [undefined, ''],
    ['InvoicesApp/2.3.1 iOS/19', 'InvoicesApp/2.3.1'],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'Mozilla/5.0'],
    ['node', 'node'],
    ['okhttp/5.0.0-alpha.14', 'okhttp/5.0.0-alpha.14'],
    [' padded/1', 'padded/1'],
    ['', 'unreadable'],
    ['(comment) first', 'unreadable'],
    ['App/1.0/2', 'unreadable'],
    ['<script>alert(1)</script>', 'unreadable'],
    ['=cmd|calc', 'unreadable'],
    [`${'x'.repeat(65)}/1`, 'unreadable'],
    [`App/${'1'.repeat(33)}`, 'unreadable'],
    ['Приложение/1.0', 'unreadable'],
  ])('%j is counted as %j', (text, label) => {
    const agents = new UserAgents();
    expect(agents.labelOf(text)).toBe(label);
    expect(agents.labelOf(text)).toBe(label);
  });

  it('keeps no more than a thousand, and of each no more than its head', () => {
    const agents = new UserAgents();
    for (let index = 0; index < 5000; index += 1) {
      expect(agents.labelOf(`${index}${'a!#'.repeat(3000)}`)).toBe('unreadable');
    }
    const { known } = agents as unknown as { readonly known: ReadonlyMap<string, string> };
    expect(known.size).toBeLessThanOrEqual(1000);
    for (const text of known.keys()) expect(text.length).toBeLessThanOrEqual(256);
  });
});
