import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ClientDirectory } from '../../clients/client.directory.js';
import { addSeconds, type Clock } from '../../clock.js';
import { hashSecret } from '../../hashing/secret-hash.js';
import type { UserTokenStore } from '../../user-tokens/user-token.store.js';
import { requestOf, SpentMeanwhile, type EngineRequest } from './engine-request.js';
import type { RefreshGrace, TokenResponse } from './refresh-grace.js';
import { answering } from './store-failures.js';
import type { TokenCommit } from './token-commit.js';

export type GrantHandler = (ctx: KoaContextWithOIDC) => Promise<void> | void;

const ONE_TIME: Readonly<Record<string, string>> = {
  authorization_code: 'code',
  refresh_token: 'refresh_token',
};

/** Makes the engine's own grants spend what is presented once, whoever else presents it at the same time. */
export class GrantHandlers {
  /** What is being spent by this instance now, by hash: those who come after the first wait for it. */
  private readonly spending = new Map<string, Promise<unknown>>();

  constructor(
    private readonly commits: TokenCommit,
    private readonly grace: RefreshGrace,
    private readonly userTokens: UserTokenStore,
    private readonly clients: ClientDirectory,
    private readonly clock: Clock,
    private readonly graceSeconds: number,
  ) {}

  /** The handler to register in place of the engine's. */
  wrap(grantType: string, handler: GrantHandler): GrantHandler {
    const parameter = ONE_TIME[grantType];
    if (parameter === undefined) return handler;
    return async (ctx) => {
      const presented = ctx.oidc.params?.[parameter];
      // The engine says what is missing.
      if (typeof presented !== 'string') return handler(ctx);
      return answering(() =>
        this.oneAfterTheFirst(ctx, presented, () => this.spend(ctx, handler, presented)),
      );
    };
  }

  /** Spares the database a queue for one row, and PGlite one for its only session. */
  private async oneAfterTheFirst(
    ctx: KoaContextWithOIDC,
    presented: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const key = hashSecret(presented);
    const first = this.spending.get(key);
    if (first !== undefined) {
      requestOf(ctx).hasWaited = true;
      await first;
      return work();
    }
    const working = work();
    // What the first one meets is its own matter, but a store that did not answer it will not answer the others.
    this.spending.set(key, working.catch(rethrowUnanswered));
    this.spending.get(key)?.catch(() => undefined);
    try {
      await working;
    } finally {
      this.spending.delete(key);
    }
  }

  private async spend(
    ctx: KoaContextWithOIDC,
    handler: GrantHandler,
    presented: string,
  ): Promise<void> {
    const request = requestOf(ctx);
    try {
      await handler(ctx);
      if (!request.isConsuming) throw new TypeError('the engine gave tokens for nothing');
      await this.commits.commit(request, await this.sealed(ctx, request, presented));
    } catch (error) {
      if (isWrongVerifier(ctx, request)) await this.commits.burn(request);
      if (!(error instanceof SpentMeanwhile)) throw error;
      await this.repeat(ctx, request, presented);
    }
  }

  private async sealed(
    ctx: KoaContextWithOIDC,
    { userToken }: EngineRequest,
    presented: string,
  ): Promise<string | null> {
    if (userToken === null || this.graceSeconds === 0) return null;
    const client = await this.clients.find(userToken.clientId);
    if (client?.refreshGrace !== true) return null;
    return this.grace.seal(ctx, presented, ctx.body as TokenResponse);
  }

  /** Tells whoever is late what the first one was told, if that was a refresh within the grace. */
  private async repeat(
    ctx: KoaContextWithOIDC,
    { userToken }: EngineRequest,
    presented: string,
  ): Promise<void> {
    const spent =
      userToken === null ? null : await this.userTokens.findByHash(userToken.secretHash);
    const { sealedAnswer = null, consumedAt = null, revokedAt = null } = spent ?? {};
    const isGraced =
      sealedAnswer !== null &&
      consumedAt !== null &&
      revokedAt === null &&
      this.clock.now() <= addSeconds(consumedAt, this.graceSeconds);
    const answer = isGraced ? await this.grace.open(ctx, presented, sealedAnswer) : null;
    if (answer === null) throw new errors.InvalidGrant('used already');
    ctx.status = 200;
    ctx.body = answer;
  }
}

/** RFC 7636 §4.6. The engine does not say which check failed. */
function isWrongVerifier(ctx: KoaContextWithOIDC, { code }: EngineRequest): boolean {
  const challenge = code?.details.codeChallenge;
  const verifier = ctx.oidc.params?.code_verifier;
  const isOwn = code?.details.clientId === ctx.oidc.client?.clientId;
  if (!isOwn || typeof challenge !== 'string' || typeof verifier !== 'string') return false;
  const expected = Buffer.from(createHash('sha256').update(verifier).digest('base64url'));
  const given = Buffer.from(challenge);
  return expected.length !== given.length || !timingSafeEqual(expected, given);
}

function rethrowUnanswered(error: unknown): void {
  if (error instanceof errors.OIDCProviderError && error.statusCode === 503) throw error;
}
