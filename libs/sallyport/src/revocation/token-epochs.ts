/** The epochs that our own tokens carry: each is compared with the mark of what it counts. */
export interface TokenEpochs {
  /** `uep`: the user's epoch; 0 in a client's own token. */
  readonly user: number;
  /** `cep`: the client's epoch. */
  readonly client: number;
  /**
   * `rv`: role version of the user in the client, 0 in a client's own token. The epoch of (user, client)
   * plus the epoch of (user, any client): either one moving raises the sum.
   */
  readonly roleVersion: number;
}
