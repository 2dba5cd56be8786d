import { errors, Provider, type AdapterPayload, type KoaContextWithOIDC } from 'oidc-provider';
import type { SecurityEvents } from '../../audit/security-events.js';
import type { ClientDirectory } from '../../clients/client.directory.js';
import { addSeconds, type Clock } from '../../clock.js';
import type { ConsentService } from '../../consents/consent.service.js';
import { uuidv7, type Randomness } from '../../randomness.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { Transaction, Transactions } from '../../transactions/transaction.js';
import type { AuthorizationCodeStore } from '../../user-tokens/authorization-code.store.js';
import type { EndGrants } from '../../user-tokens/end-grants.js';
import type { GrantStore } from '../../user-tokens/grant.store.js';
import type { Grant } from '../../user-tokens/grant.js';
import type { LivingGrants } from '../../user-tokens/living-grants.js';
import type { LoginSessionStore } from '../../logins/login-session.store.js';
import type { OpaqueTokenStore } from '../../user-tokens/opaque-token.store.js';
import type { UserTokenStore } from '../../user-tokens/user-token.store.js';
import type { UserToken } from '../../user-tokens/user-token.js';
import { currentRequest, requestOf, SpentMeanwhile } from './engine-request.js';
import { dateOf, hashOf, ModelAdapter, secondsOf, withoutSecret } from './model-adapter.js';

const MAX_USER_AGENT_LENGTH = 200;

/** What the adapters of a login's family share. */
export interface FamilyStores {
  readonly issuer: string;
  readonly graceSeconds: number;
  readonly grants: GrantStore;
  readonly livingGrants: LivingGrants;
  readonly endGrants: EndGrants;
  readonly codes: AuthorizationCodeStore;
  readonly userTokens: UserTokenStore;
  readonly opaqueTokens: OpaqueTokenStore;
  readonly logins: LoginSessionStore;
  readonly clients: ClientDirectory;
  readonly consents: ConsentService;
  readonly revocations: RevocationService;
  readonly transactions: Transactions;
  readonly events: SecurityEvents;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Null for one that anything has ended. */
export async function findLiving(
  { grants, livingGrants }: FamilyStores,
  id: string,
  transaction?: Transaction,
): Promise<Grant | null> {
  const grant = await grants.find(id, transaction);
  if (grant === null) return null;
  const [living = null] = await livingGrants.among([grant], transaction);
  return living;
}

/** Whatever lives and dies with a grant. */
abstract class FamilyAdapter extends ModelAdapter {
  constructor(
    model: string,
    protected readonly stores: FamilyStores,
  ) {
    super(model);
  }

  /** Read once per request, so that all of it decides about the same state. */
  protected async grant(id: string): Promise<Grant | null> {
    const { grants } = currentRequest();
    const known = grants.get(id);
    if (known !== undefined) return known;
    const grant = await findLiving(this.stores, id);
    grants.set(id, grant);
    return grant;
  }

  /**
   * The engine found a code or refresh token used twice, or its owner revoked one: all that the login gave dies, JWTs
   * in circulation too.
   */
  override async revokeByGrantId(grantId: string): Promise<void> {
    const ctx = engineContext();
    const { AccessToken: accessToken, Client: client } = ctx.oidc.entities;
    // The owner of an access token by reference revoked that alone (RFC 7009 §2.1).
    if (ctx.oidc.route === 'revocation' && accessToken !== undefined) return;
    const isReuse = ctx.oidc.route === 'token';
    const used = currentRequest().code === null ? 'refresh token' : 'authorization code';
    const by = {
      actor: `client:${client?.clientId ?? 'unknown'}`,
      reason: isReuse ? `${used} used again` : 'revoked by the client',
    };
    const ended = await this.stores.endGrants.end([grantId], by);
    if (!isReuse) return;
    const kind = used === 'refresh token' ? 'refresh-token.reused' : 'authorization-code.reused';
    for (const { issuer, subject, clientId } of ended) {
      this.stores.events.raise({ kind, issuer, subject, clientId, grantId });
    }
  }
}

/** The family itself. */
export class GrantAdapter extends FamilyAdapter {
  constructor(stores: FamilyStores) {
    super('Grant', stores);
  }

  override async upsert(id: string, payload: AdapterPayload): Promise<void> {
    const { issuer, clock, logins, revocations, transactions, grants } = this.stores;
    const ctx = engineContext();
    const { session } = ctx.oidc;
    const { accountId, clientId } = payload;
    if (accountId === undefined || clientId === undefined || session === undefined) {
      throw new TypeError('a grant is given by a user to a client in a session');
    }
    const { client: clientEpoch } = await revocations.currentEpochs({ clientId });
    const login = await logins.find(session.uid);
    const result = ctx.oidc.result?.login;
    const userEpoch = result === undefined ? login?.userEpoch : result.userEpoch;
    if (typeof userEpoch !== 'number') throw new TypeError('a session without epoch');
    const grant: Grant = {
      id,
      issuer,
      subject: accountId,
      clientId,
      loginId: session.uid,
      sid: session.sidFor(clientId) ?? '',
      details: withoutSecret(payload),
      userEpoch,
      clientEpoch,
      device: {
        name: null,
        address: requestOf(ctx).arrival.address,
        userAgent: ctx.get('user-agent').slice(0, MAX_USER_AGENT_LENGTH) || null,
      },
      createdAt: clock.now(),
      expiresAt: dateOf(payload.exp),
      ended: null,
    };
    await transactions.run((transaction) => grants.insert(grant, transaction));
    // Whoever signed out or withdrew consent just before looked for grants before this one was there.
    if (await this.isStillMeant(grant)) return;
    await this.stores.endGrants.end([id], { actor: 'authorization-server', reason: 'overtaken' });
    throw new errors.AccessDenied('the sign-in or the consent has just been taken back');
  }

  private async isStillMeant(grant: Grant): Promise<boolean> {
    const { logins, clients, consents } = this.stores;
    const { issuer, subject, clientId, loginId } = grant;
    const login = await logins.find(loginId);
    if (login !== null && login.endedAt !== null) return false;
    const client = await clients.find(clientId);
    if (client?.isThirdParty !== true) return client !== null;
    return (await consents.find({ issuer, subject }, clientId)) !== null;
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const grant = await this.grant(id);
    return grant === null ? undefined : { ...grant.details, jti: id };
  }

  override destroy(id: string): Promise<void> {
    return this.revokeByGrantId(id);
  }
}

/** Whether it was spent while this request was on its way to spend it: then it is late, and nobody is cheating. */
const isRace = (consumedAt: Date): boolean =>
  isSpending() && currentRequest().arrival.at <= consumedAt;

/** Elsewhere (revocation, introspection) what is spent is spent. */
const isSpending = (): boolean => engineContext().oidc.route === 'token';

export class AuthorizationCodeAdapter extends FamilyAdapter {
  constructor(stores: FamilyStores) {
    super('AuthorizationCode', stores);
  }

  override async upsert(value: string, payload: AdapterPayload): Promise<void> {
    const { codes, transactions, clock } = this.stores;
    const code = {
      codeHash: hashOf(value),
      grantId: payload.grantId ?? '',
      details: withoutSecret(payload),
      createdAt: clock.now(),
      expiresAt: dateOf(payload.exp),
      consumedAt: null,
    };
    await transactions.run((transaction) => codes.insert(code, transaction));
  }

  override async find(value: string): Promise<AdapterPayload | undefined> {
    const code = await this.stores.codes.find(hashOf(value));
    if (code === null || (await this.grant(code.grantId)) === null) return undefined;
    const request = currentRequest();
    request.code = code;
    const payload = { ...code.details, jti: value };
    if (code.consumedAt === null) return payload;
    if (isRace(code.consumedAt)) {
      request.isLate = true;
      return payload;
    }
    return { ...payload, consumed: secondsOf(code.consumedAt) };
  }

  override consume(): Promise<void> {
    return beginToSpend();
  }
}

export class RefreshTokenAdapter extends FamilyAdapter {
  constructor(stores: FamilyStores) {
    super('RefreshToken', stores);
  }

  /** Written by the wrapped grant, when the engine is done. */
  override upsert(value: string, payload: AdapterPayload): Promise<void> {
    const request = currentRequest();
    const { grantId = '', exp, sid = '' } = payload;
    const grant = request.grants.get(grantId);
    if (!grant) throw new TypeError('a refresh token without grant');
    const now = this.stores.clock.now();
    const { address } = request.arrival;
    const userAgent = engineContext().get('user-agent').slice(0, MAX_USER_AGENT_LENGTH) || null;
    request.newUserTokens.push({
      id: uuidv7(this.stores.randomness, now),
      secretHash: hashOf(value),
      grantId,
      issuer: grant.issuer,
      subject: grant.subject,
      clientId: grant.clientId,
      sid,
      device: { name: request.userToken?.device.name ?? null, address, userAgent },
      details: withoutSecret(payload),
      startedAt: grant.createdAt,
      createdAt: now,
      lastUsedAt: now,
      idleEndsAt: dateOf(exp),
      endsAt: grant.expiresAt,
      consumedAt: null,
      successorId: null,
      sealedAnswer: null,
      revokedAt: null,
      revokedBy: null,
      revokeReason: null,
    });
    return Promise.resolve();
  }

  override async find(value: string): Promise<AdapterPayload | undefined> {
    const token = await this.stores.userTokens.findByHash(hashOf(value));
    if (token === null || token.revokedAt !== null) return undefined;
    if ((await this.grant(token.grantId)) === null) return undefined;
    const request = currentRequest();
    request.userToken = token;
    const payload = { ...token.details, jti: value };
    if (token.consumedAt === null) return payload;
    if (isRace(token.consumedAt) || (await this.isGraced(token, token.consumedAt))) {
      request.isLate = true;
      return payload;
    }
    return { ...payload, consumed: secondsOf(token.consumedAt) };
  }

  override consume(): Promise<void> {
    return beginToSpend();
  }

  /** Its family ends instead: `revokeByGrantId`. */
  override destroy(): Promise<void> {
    return Promise.resolve();
  }

  /** Only the token used last still has its answer, and only so long. */
  private async isGraced(token: UserToken, consumedAt: Date): Promise<boolean> {
    const { clients, clock, graceSeconds } = this.stores;
    if (!isSpending() || token.sealedAnswer === null) return false;
    if (clock.now() > addSeconds(consumedAt, graceSeconds)) return false;
    return (await clients.find(token.clientId))?.refreshGrace === true;
  }
}

/** Access tokens by reference, of users and of clients alone. */
export class OpaqueTokenAdapter extends FamilyAdapter {
  override async upsert(value: string, payload: AdapterPayload): Promise<void> {
    const { clock, randomness, opaqueTokens, transactions } = this.stores;
    const request = currentRequest();
    const now = clock.now();
    const { grantId = null, clientId = '', extra = {} } = payload;
    const token = {
      id: uuidv7(randomness, now),
      secretHash: hashOf(value),
      grantId,
      clientId,
      clientEpoch: typeof extra.cep === 'number' ? extra.cep : 0,
      details: withoutSecret(payload),
      createdAt: now,
      expiresAt: dateOf(payload.exp),
      revokedAt: null,
    };
    if (grantId === null) {
      await transactions.run((transaction) => opaqueTokens.insert(token, transaction));
    } else {
      request.newOpaqueTokens.push(token);
    }
  }

  override async find(value: string): Promise<AdapterPayload | undefined> {
    const { opaqueTokens, revocations } = this.stores;
    const token = await opaqueTokens.findByHash(hashOf(value));
    if (token === null || token.revokedAt !== null) return undefined;
    if (token.details.kind !== this.model) return undefined;
    if (token.grantId !== null && (await this.grant(token.grantId)) === null) return undefined;
    const epochs = await revocations.currentEpochs({ clientId: token.clientId });
    if (token.clientEpoch < epochs.client) return undefined;
    return { ...token.details, jti: value };
  }

  override async destroy(value: string): Promise<void> {
    const { clock, opaqueTokens, transactions } = this.stores;
    await transactions.run((transaction) =>
      opaqueTokens.revoke(hashOf(value), clock.now(), transaction),
    );
  }
}

/** The wrapped grant does the spending, together with what it gives. */
function beginToSpend(): Promise<void> {
  const request = currentRequest();
  if (request.isLate) return Promise.reject(new SpentMeanwhile());
  request.isConsuming = true;
  return Promise.resolve();
}

function engineContext(): KoaContextWithOIDC {
  const ctx = Provider.ctx;
  if (ctx === undefined) throw new TypeError('the engine is not working on a request');
  return ctx;
}
