import { renderStandardsPage } from './generated/standards-page.js';

/** The rows of the list of capabilities that this version claims. */
const claimed = `
  C1 C3 C7 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C25 C26 C27 C28 C29 C30 C31 C32 C33 C34 C35 C36 C37 C38 C39
  C40 C41 C42 C43 C44 C45 C46 C49 C50 C51 C52 C53 C55 C57 C59 C60 C62 C63 C64 C65 C66 C67 C68 C69 C70 C71 C72 C74 C76
  C77 C78 C79 C80 C83 C84 C86 C88 C89 C90 C91 C92 C93 C94 C95 C96 C97 C98 C99 C100 C101 C102 C103 C104 C106 C107 C108 W1 W2 W3
  W4 W5 W6 W7 W8 W9 W10 W11 W13 N1 N2 T1 T2 T5 T6 T8 T9 T10 T11 T12
`
  .trim()
  .split(/\s+/);

describe('Capabilities', () => {
  const page = renderStandardsPage();
  const proven = new Set(Array.from(page.matchAll(/^\| ([CWNT]\d+)\s*\|/gm), ([, row]) => row));

  it('that are claimed are each named in the title of a test', () => {
    expect(claimed.filter((row) => !proven.has(row))).toEqual([]);
  });
});
