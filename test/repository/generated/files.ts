import { renderAuthorityPage } from './authority-page.js';
import { renderErrorsPage } from './errors-page.js';
import { renderOptionsPage } from './options-page.js';
import { renderPublicNames } from './public-names.js';
import { renderStandardsPage } from './standards-page.js';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

/** Files that are written from the code by `npm run docs`, and compared with it by every test run. */
export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'docs/authority.md', render: renderAuthorityPage },
  { path: 'docs/errors.md', render: renderErrorsPage },
  { path: 'docs/options.md', render: renderOptionsPage },
  { path: 'docs/standards.md', render: renderStandardsPage },
  { path: 'test/repository/public-names.json', render: renderPublicNames },
];
