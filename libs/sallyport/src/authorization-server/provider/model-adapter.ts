import type { Adapter, AdapterPayload } from 'oidc-provider';
import { hashSecret } from '../../hashing/secret-hash.js';
import { answering } from './store-failures.js';

/** Where one of the engine's models is kept. It offers what the engine does with that model, and nothing else. */
export abstract class ModelAdapter {
  constructor(readonly model: string) {}

  upsert?(id: string, payload: AdapterPayload, ttlSeconds?: number): Promise<void>;
  find?(id: string): Promise<AdapterPayload | undefined>;
  findByUid?(uid: string): Promise<AdapterPayload | undefined>;
  consume?(id: string): Promise<void>;
  destroy?(id: string): Promise<void>;
  revokeByGrantId?(grantId: string): Promise<void>;
}

/** A model that is switched off. */
export class AbsentModelAdapter extends ModelAdapter {}

/** The engine's adapter on ours: a store that is away becomes 503, and what is not offered fails. */
export function guardedAdapter(adapter: ModelAdapter): Adapter {
  const absent = (operation: string): Promise<never> =>
    Promise.reject(new TypeError(`${adapter.model}.${operation} is not offered`));
  return {
    upsert: (...given) => answering(() => adapter.upsert?.(...given) ?? absent('upsert')),
    find: (id) => answering(() => adapter.find?.(id) ?? absent('find')),
    findByUid: (uid) => answering(() => adapter.findByUid?.(uid) ?? absent('findByUid')),
    findByUserCode: () => absent('findByUserCode'),
    consume: (id) => answering(() => adapter.consume?.(id) ?? absent('consume')),
    destroy: (id) => answering(() => adapter.destroy?.(id) ?? absent('destroy')),
    revokeByGrantId: (id) =>
      answering(() => adapter.revokeByGrantId?.(id) ?? absent('revokeByGrantId')),
  };
}

/** `jti` of these models is the bearer value: only its hash is kept, and the rest of the payload beside it. */
export function withoutSecret({
  jti: _bearer,
  ...details
}: AdapterPayload): Record<string, unknown> {
  return details;
}

export const hashOf = hashSecret;

/** NumericDate (RFC 7519 §2). */
export const dateOf = (seconds: number | undefined): Date => new Date((seconds ?? 0) * 1000);
export const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);
