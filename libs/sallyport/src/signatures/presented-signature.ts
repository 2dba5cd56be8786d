import type { Component } from './component.js';

/** A signature as it came (RFC 9421 §4). Not yet believed. */
export interface PresentedSignature {
  readonly label: string;
  readonly components: readonly Component[];
  readonly parameters: SignatureParameters;
  /** The value of `@signature-params` (§2.3), as its signer serialised it. */
  readonly serialized: string;
  readonly signature: Buffer;
}

/** RFC 9421 §2.3. Times are in seconds since 1970. */
export interface SignatureParameters {
  readonly created: number | null;
  readonly expires: number | null;
  readonly nonce: string | null;
  readonly alg: string | null;
  readonly keyid: string | null;
  readonly tag: string | null;
}
