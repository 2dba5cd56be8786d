/**
 * Port: what passes within minutes and is not missed when it is lost: interactions, pushed requests. A `kind` and an
 * `id` may be any text; no id can be read from what is stored under it.
 */
export abstract class EphemeralRecordStore {
  /**
   * Replaces what is there, and its time to live with it. Throws ERR_INPUT_INVALID for a value of more than 64 kB or
   * with half a character in it, ERR_STORE_UNAVAILABLE. @param ttlSeconds rounded up to 1, 2, 3…
   */
  abstract put(kind: string, id: string, value: string, ttlSeconds: number): Promise<void>;

  /** Null for what was never put, deleted, or has expired. Throws ERR_STORE_UNAVAILABLE. */
  abstract get(kind: string, id: string): Promise<string | null>;

  /** Does nothing where nothing is. Throws ERR_STORE_UNAVAILABLE. */
  abstract delete(kind: string, id: string): Promise<void>;
}
