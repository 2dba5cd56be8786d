/** What a route does with whole bodies (RFC 7516). */
export interface EncryptionDemand {
  /** Whether what a request brings must be encrypted, may be, or must not be. */
  readonly request: 'required' | 'optional' | 'refused';
  /** Whether what it answers is encrypted. */
  readonly response: boolean;
}
