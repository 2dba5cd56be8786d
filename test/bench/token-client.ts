/** The client that asks for tokens. */
export const CLIENT_ID = 'shop';
export const SCOPE = 'invoices:read invoices:write';
