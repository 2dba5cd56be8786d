import { Inject, Injectable } from '@nestjs/common';
import type { Client } from '../../clients/client.js';
import { Clock } from '../../clock.js';
import type { MaybePromise } from '../../maybe-promise.js';
import { OutboundHttp } from '../../outbound/outbound-http.js';
import {
  ACCESS_TOKEN_OPTIONS,
  type ResolvedAccessTokenOptions,
} from '../bearer/access-token.options.js';
import { SIGNING_ALGORITHMS } from '../bearer/jws.js';
import { readJwkSet } from '../bearer/keys/jwk-set.js';
import { RemoteJwks } from '../bearer/keys/remote-jwks.js';
import type { VerificationKey } from '../bearer/keys/verification-keys.js';

type Keys = ReadonlyMap<string, VerificationKey>;

/** The keys of clients that sign by a key of their own: those that they registered, and those that they publish. */
@Injectable()
export class ClientSignatureKeys {
  private readonly registered = new WeakMap<Client, Keys>();
  /** As many as there are addresses among the clients. */
  private readonly published = new Map<string, RemoteJwks>();

  constructor(
    private readonly http: OutboundHttp,
    private readonly clock: Clock,
    @Inject(ACCESS_TOKEN_OPTIONS) private readonly options: ResolvedAccessTokenOptions,
  ) {}

  /** Null when the client has no such key; the same object while it stays the same. ERR_KEYS_UNAVAILABLE when nobody can say. */
  find(client: Client, kid: string): MaybePromise<VerificationKey | null> {
    const registered = this.registeredOf(client).get(kid);
    if (registered !== undefined || client.jwksUri === null) return registered ?? null;
    return this.publishedAt(client.jwksUri).find(kid);
  }

  private registeredOf(client: Client): Keys {
    const known = this.registered.get(client);
    if (known !== undefined) return known;
    const keys = readJwkSet(client.jwks, SIGNING_ALGORITHMS) ?? new Map<string, VerificationKey>();
    this.registered.set(client, keys);
    return keys;
  }

  private publishedAt(uri: string): RemoteJwks {
    const known = this.published.get(uri);
    if (known !== undefined) return known;
    const settings = { uri, algorithms: SIGNING_ALGORITHMS, ...this.options.jwksCache };
    const keys = new RemoteJwks(settings, this.http, this.clock);
    this.published.set(uri, keys);
    return keys;
  }
}
