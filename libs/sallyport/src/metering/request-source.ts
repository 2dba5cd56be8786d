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
  readonly country: string;
  readonly userAgent: string;
}

const SOURCE = Symbol('sallyport:source');

interface KnownSocket {
  [SOURCE]?: RequestSource;
}

/** ISO 3166-1 alpha-2. */
const COUNTRY = /^[A-Z]{2}$/;

/**
 * Address, country and user agent as they are counted. Remembered by connection: most send the same with every request, and
 * then nothing is hashed or parsed.
 */
export class RequestSources {
  private readonly userAgents = new UserAgents();
  private readonly label: (address: string) => string;
  private readonly country: ResolvedUsageOptions['countryOf'];

  constructor(
    private readonly origin: RequestOrigin,
    { addresses, countryOf }: Pick<ResolvedUsageOptions, 'addresses' | 'countryOf'>,
  ) {
    this.country = countryOf;
    this.label = { block: addressBlock, truncated: truncatedAddress, off: () => '' }[addresses];
  }

  of(raw: IncomingMessage): RequestSource {
    const socket = raw.socket as KnownSocket;
    const sender = this.origin.addressOf(raw);
    const userAgentText = raw.headers['user-agent'];
    const known = socket[SOURCE];
    if (known?.sender === sender && known.userAgentText === userAgentText) return known;
    const { address, country } = known?.sender === sender ? known : this.placeOf(sender);
    return (socket[SOURCE] = {
      sender,
      userAgentText,
      address,
      country,
      userAgent: this.userAgents.labelOf(userAgentText),
    });
  }

  private placeOf(sender: string): Pick<RequestSource, 'address' | 'country'> {
    return { address: this.label(sender), country: this.countryOf(sender) };
  }

  /** What is not known, or no country, counts as none; and whoever cannot say must not fail the request. */
  private countryOf(sender: string): string {
    try {
      const country = this.country?.(sender) ?? '';
      return COUNTRY.test(country) ? country : '';
    } catch {
      return '';
    }
  }
}
