/** Port: remembers what may be presented once: `jti` of assertions and proofs, nonces. */
export abstract class ReplayStore {
  /**
   * True for the first of any number of calls with the same `kind` and `id` within `ttlSeconds`, whatever instance
   * they come to. Throws ERR_STORE_UNAVAILABLE: what cannot be remembered must not be accepted. How long a credential
   * may live is the caller's to bound: until then it is remembered. @param ttlSeconds rounded up to 1, 2, 3…
   */
  abstract claim(kind: string, id: string, ttlSeconds: number): Promise<boolean>;
}
