export interface AuthenticationOptions {
  /** Accept HTTP Basic with client id and secret (RFC 6749 §2.3.1). Secrets then travel with every request. @default false */
  readonly basic?: boolean;
}

export interface ResolvedAuthenticationOptions {
  readonly basic: boolean;
  /** Finds our API keys in a URL. */
  readonly apiKeyPattern: RegExp;
}

export const AUTHENTICATION_OPTIONS = Symbol('AuthenticationOptions');
