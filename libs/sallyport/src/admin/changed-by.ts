import type { ChangedBy } from '../audit/change.js';
import type { ClientPrincipal } from '../principals/caller.js';

/** An app that administers is named by its client id. */
export const changedBy = (
  { clientId }: ClientPrincipal,
  reason: string | undefined,
): ChangedBy => ({
  actor: `client:${clientId}`,
  ...(reason === undefined ? {} : { reason }),
});
