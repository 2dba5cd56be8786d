import type { JWK } from 'jose';
import type { ResolvedAccessTokenOptions } from '../../credentials/bearer/access-token.options.js';
import { RemoteKeySet } from '../../credentials/bearer/keys/remote-key-set.js';
import type { Clock } from '../../clock.js';
import type { DecryptionKeys } from '../../encryption/decryption-keys.js';
import {
  readRecipientKey,
  readRecipientKeys,
  type RecipientKey,
} from '../../encryption/encryption-jwk.js';
import { SallyportError } from '../../errors.js';
import type { OutboundHttp } from '../../outbound/outbound-http.js';
import type { ResolvedAuthorizationServerOptions } from '../authorization-server.options.js';

interface Parts {
  readonly options: ResolvedAuthorizationServerOptions;
  readonly tokens: ResolvedAccessTokenOptions;
  readonly decryptionKeys: DecryptionKeys;
  readonly outbound: OutboundHttp;
  readonly clock: Clock;
}

/** To whom the access tokens of each resource are encrypted: this API by its own key, others by theirs. */
export class TokenRecipients {
  private readonly remote: ReadonlyMap<string, RemoteKeySet<RecipientKey>>;
  private readonly own = new WeakMap<JWK, RecipientKey>();

  constructor(private readonly parts: Parts) {
    const { options, tokens, outbound, clock } = parts;
    const remote = new Map<string, RemoteKeySet<RecipientKey>>();
    for (const { identifier, encryption } of options.resources) {
      if (encryption?.kind !== 'remote') continue;
      const settings = { uri: encryption.uri, ...tokens.jwksCache };
      remote.set(identifier, new RemoteKeySet(settings, readRecipientKeys, outbound, clock));
    }
    this.remote = remote;
  }

  /** Null: its tokens are not encrypted. @throws ERR_KEYS_UNAVAILABLE, rather than let out a token that anybody can read */
  async of(identifier: string): Promise<RecipientKey | null> {
    const { options, tokens } = this.parts;
    if (identifier === tokens.audience) return options.encryptAccessTokens ? this.ownKey() : null;
    const resource = options.resources.find((known) => known.identifier === identifier);
    if (resource?.encryption?.kind === 'static') return resource.encryption.key;
    const remote = this.remote.get(identifier);
    if (remote === undefined) return null;
    const [first] = (await remote.all()).values();
    if (first === undefined) throw noKey(identifier);
    return first;
  }

  private async ownKey(): Promise<RecipientKey> {
    const jwk = await this.parts.decryptionKeys.current();
    const known = jwk === null ? undefined : this.own.get(jwk);
    if (known !== undefined) return known;
    const key = readRecipientKey(jwk);
    if (jwk === null || key === null) throw noKey(this.parts.tokens.audience);
    this.own.set(jwk, key);
    return key;
  }
}

const noKey = (identifier: string): SallyportError =>
  new SallyportError('ERR_KEYS_UNAVAILABLE', {
    reason: `${identifier} publishes no key to encrypt to`,
    retryAfterSeconds: 5,
  });
