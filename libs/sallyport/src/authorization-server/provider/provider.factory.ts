import type { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import {
  errors,
  type Client as EngineClient,
  type KoaContextWithOIDC,
  type Provider,
} from 'oidc-provider';
import type { Client as ClientRecord } from '../../clients/client.js';
import { SallyportError, type ErrorCode } from '../../errors.js';
import type { SigningKeyMaterial } from '../../signing-keys/opened-signing-keys.js';
import type { EngineParts } from './engine-parts.js';
import { currentRequest } from './engine-request.js';
import { correctErrorCodes } from './error-codes.js';
import { createExtendedProvider } from './extended-provider.js';
import { skipLogoutOfNobody } from './logout-of-nobody.js';
import { tellOfMutualTls } from './mutual-tls.js';
import { providerConfiguration } from './provider-configuration.js';
import { answering, RETRY_AFTER_SECONDS } from './store-failures.js';

const logger = new Logger('AuthorizationServer');

/** RFC 9449 §11.1: how far ahead of our clock the engine takes a proof. */
const MAX_AHEAD_SECONDS = 300;

/** Builds an engine that signs with the first of these keys; all are published. Costs less than a millisecond. */
export function createProvider(parts: EngineParts, keys: readonly SigningKeyMaterial[]): Provider {
  const configuration = providerConfiguration(parts, keys);
  const provider = createExtendedProvider(parts.issuer, configuration, parts.grantHandlers);
  // The mount has written these headers itself: no sender has a say in our own URLs.
  provider.proxy = true;
  keepClientsByRecord(provider, parts);
  compareSecretsByHash(provider, parts);
  claimJtisAtomically(provider, parts);
  endGrantsOnLogout(provider, parts);
  skipLogoutOfNobody(provider);
  parts.structuredTokens().attachTo(provider);
  if (parts.certificates !== null) {
    tellOfMutualTls(provider, parts.certificates, parts.options.mtlsOrigin);
  }
  correctErrorCodes(provider);
  reportFailures(provider);
  countGuesses(provider, parts);
  return provider;
}

/**
 * The engine knows a client again by the digest of all its metadata, and keeps a hundred of them: with more in use it
 * makes one anew at nearly every request. Ours are kept as long as the directory has their record.
 */
function keepClientsByRecord({ Client }: Provider, { clients }: EngineParts): void {
  const made = new WeakMap<ClientRecord, EngineClient>();
  const make = Client.find.bind(Client);
  Client.find = (clientId: string) =>
    answering(async () => {
      const record = await clients.find(clientId);
      if (record === null) return undefined;
      const known = made.get(record);
      if (known !== undefined) return known;
      const client = await make(clientId);
      if (client !== undefined) made.set(record, client);
      return client;
    });
}

/** Only hashes of secrets are kept, and several may be valid at once. */
function compareSecretsByHash(provider: Provider, { clientSecrets }: EngineParts): void {
  provider.Client.prototype.compareClientSecret = function compare(
    this: { readonly clientId: string },
    presented: string,
  ): Promise<boolean> {
    return answering(async () => {
      const secret = await clientSecrets.verify(this.clientId, presented);
      if (secret === null) return false;
      currentRequest().clientEpoch = secret.clientEpoch;
      return true;
    });
  };
}

/**
 * The engine's own looks first and writes then: of two at once both would be the first. And it forgets a DPoP proof five
 * minutes after its first use, when one that was dated ahead may still be valid.
 */
function claimJtisAtomically(provider: Provider, { replays, family }: EngineParts): void {
  provider.ReplayDetection.unique = (iss: string, jti: string, exp: number): Promise<boolean> => {
    const leftSeconds = Math.ceil(exp - family.clock.now().getTime() / 1000) + MAX_AHEAD_SECONDS;
    return answering(() =>
      replays.claim('jti', JSON.stringify([iss, jti]), Math.max(1, leftSeconds)),
    );
  };
}

/** Signing out ends all that was granted in this browser, not the cookie alone. */
function endGrantsOnLogout(provider: Provider, { endLogin }: EngineParts): void {
  const { prototype } = provider.Session;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the session it is of
  const { destroy } = prototype;
  prototype.destroy = async function destroyWithGrants(): Promise<void> {
    const { uid, accountId } = this;
    if (accountId !== undefined) await answering(() => endLogin(uid, accountId));
    await destroy.call(this);
  };
}

/** A secret is guessed here as well as at a guarded route, and a proof forged; nobody says whose it was. */
function countGuesses(provider: Provider, { watch }: EngineParts): void {
  const count = (ctx: KoaContextWithOIDC, cause: errors.OIDCProviderError): void => {
    const code = guessOf(ctx, cause);
    if (code !== null) watch.failed(ctx.req, new SallyportError(code, { cause }));
  };
  provider.on('grant.error', count);
  provider.on('pushed_authorization_request.error', count);
  provider.on('revocation.error', count);
  provider.on('introspection.error', count);
}

/**
 * Null for what is none: a public client shows no secret, and when one is disabled, all its users behind one address would
 * be taken for guessers.
 */
function guessOf(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): ErrorCode | null {
  if (error instanceof errors.InvalidDpopProof) return 'ERR_DPOP_PROOF_INVALID';
  return ctx.status === 401 && showsSecret(ctx) ? 'ERR_CREDENTIAL_UNKNOWN' : null;
}

const showsSecret = ({ req, oidc: { body } }: KoaContextWithOIDC): boolean =>
  req.headers.authorization !== undefined ||
  body?.client_secret !== undefined ||
  body?.client_assertion !== undefined;

/** What went wrong here, without what was sent: a stack and no more. */
function reportFailures(provider: Provider): void {
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: Error) => {
    logger.error(`${ctx.oidc.route} failed: ${error.message}`, error.stack);
  });
  // Outside its routes: without a listener Koa writes to the console.
  (provider as EventEmitter).on('error', (error: Error) => {
    logger.error(`the engine failed: ${error.message}`, error.stack);
  });
  const unavailable = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void => {
    if (error.statusCode !== 503) return;
    ctx.set('Retry-After', String(RETRY_AFTER_SECONDS));
    logger.error(`${ctx.oidc.route} is unavailable: ${String(error.cause)}`);
  };
  provider.on('authorization.error', unavailable);
  provider.on('grant.error', unavailable);
  provider.on('pushed_authorization_request.error', unavailable);
  provider.on('revocation.error', unavailable);
  provider.on('introspection.error', unavailable);
}
