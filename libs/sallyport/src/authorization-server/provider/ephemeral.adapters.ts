import { errors, type AdapterPayload } from 'oidc-provider';
import type { EphemeralRecordStore } from '../../ephemeral/ephemeral-record.store.js';
import type { ReplayStore } from '../../ephemeral/replay.store.js';
import { ModelAdapter } from './model-adapter.js';

/** Long enough for a person to find their password, and no longer: anybody may begin one. */
export const INTERACTION_SECONDS = 900;

/** A pushed request, which anybody may send for a public client, is no bigger than a URL could be. */
const MAX_PUSHED_LENGTH = 16_384;

/** Questions to the user that a browser has open. */
export class InteractionAdapter extends ModelAdapter {
  constructor(
    private readonly records: EphemeralRecordStore,
    private readonly replays: ReplayStore,
  ) {
    super('Interaction');
  }

  override async upsert(id: string, payload: AdapterPayload, ttlSeconds = 0): Promise<void> {
    // `cookie` is the bearer value of the browser's session, and nothing reads it.
    const { cookie: _bearer, ...session } = payload.session ?? {};
    const kept = { ...payload, ...(payload.session !== undefined && { session }) };
    await this.records.put('interaction', id, JSON.stringify(kept), Math.max(1, ttlSeconds));
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    return parsed(await this.records.get('interaction', id));
  }

  override async destroy(id: string): Promise<void> {
    // Whoever resumes second finds that it was taken: an answer counts once. That it is gone would not tell: an answer
    // given at the same time may have written it again.
    if (!(await this.replays.claim('interaction', id, INTERACTION_SECONDS))) {
      throw new errors.SessionNotFound('the interaction was answered already');
    }
    await this.records.delete('interaction', id);
  }
}

/** Pushed authorization requests (RFC 9126): one code each. */
export class PushedRequestAdapter extends ModelAdapter {
  constructor(
    private readonly records: EphemeralRecordStore,
    private readonly replays: ReplayStore,
  ) {
    super('PushedAuthorizationRequest');
  }

  override async upsert(id: string, payload: AdapterPayload, ttlSeconds = 0): Promise<void> {
    const { jti: _bearer, ...kept } = payload;
    const text = JSON.stringify(kept);
    if (text.length > MAX_PUSHED_LENGTH) throw new errors.InvalidRequest('the request is too long');
    // For as long as a login that began with it may go on.
    const rememberedSeconds = Math.max(1, ttlSeconds) + INTERACTION_SECONDS;
    await this.records.put('pushed-request', id, text, rememberedSeconds);
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = parsed(await this.records.get('pushed-request', id));
    return payload && { ...payload, jti: id };
  }

  /** RFC 9126 §4: a `request_uri` is used once. Of several logins that began with it, one gets a code. */
  override async consume(id: string): Promise<void> {
    if (!(await this.replays.claim('pushed-request', id, INTERACTION_SECONDS))) {
      throw new errors.InvalidRequestUri('request_uri was used already');
    }
    const payload = parsed(await this.records.get('pushed-request', id));
    if (payload === undefined) return;
    const used = { ...payload, consumed: true };
    await this.records.put('pushed-request', id, JSON.stringify(used), INTERACTION_SECONDS);
  }
}

const parsed = (text: string | null): AdapterPayload | undefined =>
  text === null ? undefined : (JSON.parse(text) as AdapterPayload);
