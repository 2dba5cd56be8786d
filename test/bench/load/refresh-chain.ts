import { requestBytes, type Conversation } from './wire.js';

/** The refreshes of one login: each presents the token that the one before gave. */
export class RefreshChain implements Conversation {
  constructor(
    private readonly authorization: string,
    private refreshToken: string,
  ) {}

  next(): Buffer {
    const form = { grant_type: 'refresh_token', refresh_token: this.refreshToken };
    const headers = { Authorization: this.authorization };
    return requestBytes({ path: '/oauth/token', headers, form });
  }

  hear(answer: string): void {
    const body = answer.slice(answer.indexOf('\r\n\r\n'));
    const { refresh_token: successor } = JSON.parse(body) as { readonly refresh_token?: string };
    if (successor === undefined || successor === this.refreshToken) {
      throw new Error('a refresh without a successor');
    }
    this.refreshToken = successor;
  }
}
