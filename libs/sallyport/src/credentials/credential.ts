import type { Aws4Credential } from './aws4/extract-aws4.js';
import type { SignatureCredential } from './signature/extract-signature.js';

/** What was presented. Not yet believed. */
export type Credential =
  | { readonly kind: 'api-key'; readonly text: string }
  | { readonly kind: 'access-token'; readonly text: string }
  | { readonly kind: 'dpop-access-token'; readonly text: string; readonly proof: string }
  | { readonly kind: 'client-secret'; readonly clientId: string; readonly secret: string }
  | SignatureCredential
  | Aws4Credential;
