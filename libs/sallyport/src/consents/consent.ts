/** What a user agreed to let a third party's client do for them. */
export interface Consent {
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  /** Scope values, those of OpenID Connect too; sorted. */
  readonly scope: readonly string[];
  readonly grantedAt: Date;
}
