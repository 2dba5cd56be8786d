import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../../clock.js';
import type { MaybePromise } from '../../../maybe-promise.js';
import { OutboundHttp } from '../../../outbound/outbound-http.js';
import { PublishedKeys } from '../../../signing-keys/published-keys.js';
import type { AcceptedIssuer } from '../accepted-issuer.js';
import { ACCESS_TOKEN_OPTIONS, type ResolvedAccessTokenOptions } from '../access-token.options.js';
import { StaticJwks } from './jwk-set.js';
import { LocalVerificationKeys } from './local-verification-keys.js';
import { RemoteJwks } from './remote-jwks.js';
import type { VerificationKey, VerificationKeys } from './verification-keys.js';

/** The keys of every accepted issuer. A `kid` means something within its issuer only. */
@Injectable()
export class IssuerKeys {
  private readonly sources: ReadonlyMap<string, VerificationKeys>;

  constructor(
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly options: ResolvedAccessTokenOptions,
    private readonly published: PublishedKeys,
    private readonly http: OutboundHttp,
    private readonly clock: Clock,
  ) {
    this.sources = new Map(
      [...options.issuers.values()].map((issuer) => [issuer.issuer, this.open(issuer)]),
    );
  }

  find(issuer: string, kid: string): MaybePromise<VerificationKey | null> {
    return this.sources.get(issuer)?.find(kid) ?? null;
  }

  private open({ keys, algorithms }: AcceptedIssuer): VerificationKeys {
    switch (keys.kind) {
      case 'local':
        return new LocalVerificationKeys(this.published, algorithms);
      case 'static':
        return new StaticJwks(keys.keys);
      case 'remote':
        return new RemoteJwks(
          { uri: keys.uri, algorithms, ...this.options.jwksCache },
          this.http,
          this.clock,
        );
    }
  }
}
