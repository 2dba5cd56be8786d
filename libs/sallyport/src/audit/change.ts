/** Who changed something, and why. Every mutating service takes one. */
export interface ChangedBy {
  /** `client:<client_id>`, `user:<sub>@<client_id>`, or a name of the host's own, such as `cron`. */
  readonly actor: string;
  readonly reason?: string;
}

/** One line of the record of changes. Holds identifiers, never secrets. */
export interface Change {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly reason: string | null;
  /** `<noun>.<verb>` of the glossary: `api-key.rotated`, `role.granted`. */
  readonly action: string;
  /** What was changed: an API key id, a client id, a `kid`, a subject. */
  readonly object: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}
