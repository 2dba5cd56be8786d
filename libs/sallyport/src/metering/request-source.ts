import type { IncomingMessage } from 'node:http';
import { addressBlock, truncatedAddress } from '../network/address.js';
import type { RequestOrigin } from '../request/request-origin.js';
import type { ResolvedUsageOptions } from '../usage/usage.options.js';
import { UserAgents } from './user-agents.js';

/** Where requests of a connection come from, and what the last of them called itself. */
export interface RequestSource {
  readonly sender: string;
  readonly userAgentText: string | undefined;
  readonly address: string;
  readonly userAgent: string;
}

const SOURCE = Symbol('sallyport:source');

interface KnownSocket {
  [SOURCE]?: RequestSource;
}

/**
 * Address and user agent as they are counted. Remembered by connection: most send the same with every request, and
 * then nothing is hashed or parsed.
 */
export class RequestSources {
  private readonly userAgents = new UserAgents();
  private readonly label: (address: string) => string;

  constructor(
    private readonly origin: RequestOrigin,
    { addresses }: Pick<ResolvedUsageOptions, 'addresses'>,
  ) {
    this.label = { block: addressBlock, truncated: truncatedAddress, off: () => '' }[addresses];
  }

  of(raw: IncomingMessage): RequestSource {
    const socket = raw.socket as KnownSocket;
    const sender = this.origin.addressOf(raw);
    const userAgentText = raw.headers['user-agent'];
    const known = socket[SOURCE];
    if (known?.sender === sender && known.userAgentText === userAgentText) return known;
    return (socket[SOURCE] = {
      sender,
      userAgentText,
      address: known?.sender === sender ? known.address : this.label(sender),
      userAgent: this.userAgents.labelOf(userAgentText),
    });
  }
}
