import { Injectable } from '@nestjs/common';
import { TokenVerifier } from '@sallyport/nest';

const BEARER = /^Bearer +([^ ]+)$/i;

/** Which of the user's sessions a request comes from, by its access token. */
@Injectable()
export class CurrentSession {
  constructor(private readonly tokens: TokenVerifier) {}

  /** Null when there is none: a personal API key belongs to no session. */
  async idOf(authorization: string | undefined): Promise<string | null> {
    const [, token] = BEARER.exec(authorization ?? '') ?? [];
    return token === undefined ? null : (await this.tokens.verify(token)).gid;
  }
}
