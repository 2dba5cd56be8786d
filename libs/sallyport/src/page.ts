/** A page of a list, newest first. `after` is the id of the last row of the page before. */
export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly after?: string;
}
