import type { Side } from '../measuring/side.js';
import type { WorkName, WorkSettings } from '../works/works.js';

/** A process that does this by itself. */
export const work = (name: WorkName, onRealStores = false): Side => ({
  name,
  program: 'work-server.ts',
  onRealStores,
  settings: (stores): WorkSettings => ({ work: name, stores }),
  conversations: null,
});
