import { renderAuthorityPage } from './generated/authority-page.js';
import { readSource } from './source-files.js';

/** The rows of the generated tables, cell by cell, without the padding that the formatter adds. */
const rows = readSource('docs/authority.md')
  .split('\n')
  .filter((line) => line.startsWith('|') && !line.includes('---'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const row = (...start: string[]) => {
  const found = rows.filter((cells) => start.every((cell, index) => cells[index] === cell));
  return found.map((cells) => cells.slice(start.length));
};

describe('The authority matrix', () => {
  it('lets in exactly where client, key, token and roles all give the scope [N1] [C50]', () => {
    const users = rows.filter(
      ([first, ...rest]) => ['yes', 'no'].includes(first ?? '') && rest.length === 5,
    );
    expect(users).toHaveLength(16);
    for (const cells of users) {
      const all = cells.slice(0, 4).every((cell) => cell === 'yes');
      expect(cells[4]).toBe(all ? 'yes' : 'no');
      expect(cells[5]).toMatch(all ? /^200$/ : /^403 (client|credential|roles)$/);
    }
  });

  it('names the leg that denied, the client first [N1]', () => {
    expect(row('no', 'no', 'no', 'no')).toEqual([['no', '403 client']]);
    expect(row('yes', 'no', 'yes', 'yes')).toEqual([['no', '403 credential']]);
    expect(row('yes', 'yes', 'yes', 'no')).toEqual([['no', '403 roles']]);
  });

  it('demands both gates as two credentials: key and user, and the role in this client [C1] [N1]', () => {
    const last = (name: string) => row(name).map((cells) => cells.at(-1));
    expect(last("app's key + user's token")).toEqual(['200', '403 roles']);
    expect(last("user's token")).toEqual(['401 credential', '401 credential']);
    expect(last("app's API key")).toEqual(['403 user', '403 user']);
    expect(last('personal key')).toEqual(['401 credential', '401 credential']);
  });

  it('says nothing of itself: every cell comes from the code', () => {
    expect(renderAuthorityPage()).toContain('effective scope');
    expect(rows.length).toBeGreaterThan(40);
  });
});
