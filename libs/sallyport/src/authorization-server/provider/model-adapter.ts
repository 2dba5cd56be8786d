import type { Adapter, AdapterPayload } from 'oidc-provider';
import { hashSecret } from '../../hashing/secret-hash.js';
import { answering } from './store-failures.js';

/** The engine's adapter for one of its models; a model overrides what it uses. */
export abstract class ModelAdapter implements Adapter {
  constructor(protected readonly model: string) {}

  upsert(_id: string, _payload: AdapterPayload, _ttlSeconds?: number): Promise<void> {
    return this.unused('upsert');
  }

  find(_id: string): Promise<AdapterPayload | undefined> {
    return this.unused('find');
  }

  findByUid(_uid: string): Promise<AdapterPayload | undefined> {
    return this.unused('findByUid');
  }

  findByUserCode(_userCode: string): Promise<AdapterPayload | undefined> {
    return this.unused('findByUserCode');
  }

  consume(_id: string): Promise<void> {
    return this.unused('consume');
  }

  destroy(_id: string): Promise<void> {
    return this.unused('destroy');
  }

  revokeByGrantId(_grantId: string): Promise<void> {
    return this.unused('revokeByGrantId');
  }

  private unused(operation: string): Promise<never> {
    return Promise.reject(new TypeError(`${this.model}.${operation} is not offered`));
  }
}

/** A model that is switched off. */
export class AbsentModelAdapter extends ModelAdapter {}

/** Makes every operation of an adapter answer 503 when a store is away. */
export const guardedAdapter = (adapter: ModelAdapter): Adapter => ({
  upsert: (id, payload, ttl) => answering(() => adapter.upsert(id, payload, ttl)),
  find: (id) => answering(() => adapter.find(id)),
  findByUid: (uid) => answering(() => adapter.findByUid(uid)),
  findByUserCode: (userCode) => answering(() => adapter.findByUserCode(userCode)),
  consume: (id) => answering(() => adapter.consume(id)),
  destroy: (id) => answering(() => adapter.destroy(id)),
  revokeByGrantId: (grantId) => answering(() => adapter.revokeByGrantId(grantId)),
});

/** `jti` of these models is the bearer value: only its hash is kept, and the rest of the payload beside it. */
export function withoutSecret({
  jti: _bearer,
  ...details
}: AdapterPayload): Record<string, unknown> {
  return details as Record<string, unknown>;
}

export const hashOf = hashSecret;

/** NumericDate (RFC 7519 §2). */
export const dateOf = (seconds: number | undefined): Date => new Date((seconds ?? 0) * 1000);
export const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);
