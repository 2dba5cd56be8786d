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

export interface PolicyBinding {
  readonly deniedCode: 'ERR_OBJECT_DENIED' | 'ERR_POLICY_DENIED';
  /** Where refusals are only reported (`enforce: 'report'`): takes what would be refused. Null refuses. */
  readonly report: ((reason: string) => void) | null;
}

/** A policy bound to the caller of this request; what `@CurrentPolicy()` injects. */
export class BoundPolicy<T, Where = unknown> {
  private asked = false;

  /** Without a caller only where refusals are reported. */
  constructor(
    private readonly policy: ObjectPolicy<T, Where>,
    private readonly caller: Caller | null,
    private readonly binding: PolicyBinding,
  ) {}

  /** Whether the handler asked at all; one that forgot is answered with 500 instead of its result. */
  get wasConsulted(): boolean {
    return this.asked;
  }

  /**
   * The object, if there is one and the caller may touch it. Missing and denied are refused alike, with 404, so
   * that ids cannot be tried out; `deniedObject: 403` tells them apart.
   */
  check(object: T | null | undefined): T {
    this.asked = true;
    const { deniedCode, report } = this.binding;
    if (object === null || object === undefined) {
      throw new SallyportError('ERR_OBJECT_DENIED', { reason: 'no such object' });
    }
    if (this.caller !== null && (this.policy.check(this.caller, object) as unknown) === true) {
      return object;
    }
    const who = this.caller === null ? 'a stranger' : `client ${this.caller.client.clientId}`;
    const reason = `${this.policy.constructor.name} denied ${who}`;
    if (report === null) throw new SallyportError(deniedCode, { reason });
    report(`would refuse: ${deniedCode}, ${reason}`);
    return object;
  }

  /** Throws ERR_CREDENTIAL_MISSING without a caller: there is no filter for a stranger, not even where it is reported. */
  where(): Where {
    this.asked = true;
    if (this.caller === null) {
      throw new SallyportError('ERR_CREDENTIAL_MISSING', { reason: 'a list needs a caller' });
    }
    return this.policy.where(this.caller);
  }
}
