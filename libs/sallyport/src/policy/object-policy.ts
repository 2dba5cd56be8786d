import type { Type } from '@nestjs/common';
import { SallyportError } from '../errors.js';
import type { Caller } from '../principals/caller.js';

/** Who may touch which object: the own-data rule (OWASP API1). Register it as a provider. */
export abstract class ObjectPolicy<T, Where = unknown> {
  /** Whether this caller may touch this object. */
  abstract check(caller: Caller, object: T): boolean;

  /** The same rule as a filter for lists, in the words of the host's store. */
  abstract where(caller: Caller): Where;
}

export type ObjectPolicyType = Type<ObjectPolicy<never>>;

/** A policy bound to the caller of this request; what `@CurrentPolicy()` injects. */
export class BoundPolicy<T, Where = unknown> {
  private asked = false;

  constructor(
    private readonly policy: ObjectPolicy<T, Where>,
    private readonly caller: Caller,
    private readonly deniedCode: 'ERR_OBJECT_DENIED' | 'ERR_POLICY_DENIED',
  ) {}

  /** Whether the handler asked at all; one that forgot is answered with 500 instead of its result. */
  get wasConsulted(): boolean {
    return this.asked;
  }

  /**
   * The object, if there is one and the caller may touch it. Missing and denied are refused alike, with
   * 404 (403 by option), so that ids cannot be tried out.
   */
  check(object: T | null | undefined): T {
    this.asked = true;
    if (object === null || object === undefined) {
      throw new SallyportError('ERR_OBJECT_DENIED', { reason: 'no such object' });
    }
    if (this.policy.check(this.caller, object) !== true) {
      throw new SallyportError(this.deniedCode, {
        reason: `${this.policy.constructor.name} denied client ${this.caller.client.clientId}`,
      });
    }
    return object;
  }

  where(): Where {
    this.asked = true;
    return this.policy.where(this.caller);
  }
}
