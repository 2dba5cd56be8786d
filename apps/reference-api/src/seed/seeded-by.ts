import type { ChangedBy } from '@sallyport/nest';

/** How the record of changes names the seed. */
export const SEEDED_BY: ChangedBy = { actor: 'seed', reason: 'demo data' };
