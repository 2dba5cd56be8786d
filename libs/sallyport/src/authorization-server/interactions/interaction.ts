import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '../../clients/client.js';

/** A question to the user that an authorization request waits for. */
export interface Interaction {
  readonly uid: string;
  readonly prompt: 'login' | 'consent';
  readonly client: Client;
  /** Validated against the client's registration. */
  readonly redirectUri: string;
  /** `login_hint` of the request (OpenID Connect Core §3.1.2.1). */
  readonly loginHint: string | null;
  /** Who is signed in, where the question is one of consent. */
  readonly subject: string | null;
  /** Scope values that the user is asked to allow, those of OpenID Connect too. */
  readonly scope: readonly string[];
  /** Resource servers beside this API that the tokens are to be for (RFC 8707). */
  readonly resources: readonly string[];
}

/** Who signed in. */
export interface CompletedLogin {
  readonly subject: string;
  /** The user's epoch from before their password was checked. */
  readonly userEpoch: number;
  readonly amr: readonly string[];
}

/** Port: what the pages know of the engine. */
export abstract class Interactions {
  /**
   * The question that this browser is asked, by its cookie; null when it has expired, was answered, or is another
   * browser's. Throws ERR_STORE_UNAVAILABLE.
   */
  abstract find(request: IncomingMessage, response: ServerResponse): Promise<Interaction | null>;

  /**
   * Records the answer; each returns the URL on this server where the authorization request goes on, or null when the
   * question is none any more: another answer was faster. Throws ERR_STORE_UNAVAILABLE.
   */
  abstract signIn(
    request: IncomingMessage,
    response: ServerResponse,
    login: CompletedLogin,
  ): Promise<string | null>;
  abstract allow(
    request: IncomingMessage,
    response: ServerResponse,
    interaction: Interaction,
  ): Promise<string | null>;
  /** The client is told `access_denied` (RFC 6749 §4.1.2.1). */
  abstract refuse(request: IncomingMessage, response: ServerResponse): Promise<string | null>;
}
