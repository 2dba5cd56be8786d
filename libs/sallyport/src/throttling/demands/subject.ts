import type { UserPrincipal } from '../../principals/caller.js';
import type { Quota } from '../quota.js';
import type { DemandSet } from './demand-set.js';

/** Who is limited: a client with the key and the user that it came with, or the address of an unknown caller. */
export interface SubjectOf {
  readonly clientId: string | null;
  readonly keyId: string | null;
  readonly user: Pick<UserPrincipal, 'issuer' | 'subject'> | null;
  readonly address: string | null;
  /** The client's, by its plan. */
  readonly quota: Quota | null;
}

/** A subject with what was prepared for its requests. */
export class Subject implements SubjectOf {
  readonly clientId: string | null;
  readonly keyId: string | null;
  readonly user: SubjectOf['user'];
  readonly address: string | null;
  readonly quota: Quota | null;

  /** By what routes say, reads and writes apart: `2 × variant + kind`. */
  readonly sets: DemandSet[] = [];
  /** The same client with a key or a user: looked up by texts that the request has anyway. */
  readonly byKey = new Map<string, Subject>();
  readonly byUser = new Map<string, Subject>();
  readonly byAddress = new Map<string, Subject>();

  /** @param era counts how often all subjects were forgotten before this one */
  constructor(
    { clientId, keyId, user, address, quota }: SubjectOf,
    readonly era: number,
  ) {
    this.clientId = clientId;
    this.keyId = keyId;
    this.user = user;
    this.address = address;
    this.quota = quota;
  }

  /** Limits of one group share a slot: all of a request but those that count through several clients. */
  get group(): string {
    return this.clientId === null ? `address ${this.address ?? ''}` : `client ${this.clientId}`;
  }

  /** The narrowest subject there is: user, API key, client, or the address of an unknown caller. */
  get narrowest(): string {
    const { user, keyId } = this;
    if (user !== null) return JSON.stringify(['user', user.issuer, user.subject]);
    if (keyId !== null) return JSON.stringify(['api-key', keyId]);
    return this.clientId === null ? (this.address ?? '') : 'client';
  }
}
