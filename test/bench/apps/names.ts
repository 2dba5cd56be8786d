export const OWN_ISSUER = 'https://api.test/oauth';
export const AUDIENCE = 'https://api.test';
export const SCOPE = 'invoices:read invoices:write';
export const ROLE = 'viewer';
export const BY = { actor: 'bench' };

/** Users of one client, or keys of it, that take turns. */
export const CALLERS = 1000;
export const CLIENT = 'shop';
