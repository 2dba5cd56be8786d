export interface AdminOptions {
  /** `iss` of the users that are meant where a request names a subject alone. @default our own issuer */
  readonly userIssuer?: string;
}

export const ADMIN_OPTIONS = Symbol('AdminOptions');

/** The scope that every operation of administration demands. */
export const ADMIN_SCOPE = 'sallyport:admin';
