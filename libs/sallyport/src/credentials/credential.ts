/** What was presented. Not yet believed. */
export type Credential =
  | { readonly kind: 'api-key'; readonly text: string }
  | { readonly kind: 'access-token'; readonly text: string }
  | { readonly kind: 'client-secret'; readonly clientId: string; readonly secret: string };
