import type { Caller, UserPrincipal } from '../../principals/caller.js';
import type { Quota } from '../quota.js';
import { Subject, type SubjectOf } from './subject.js';

const MAX_SUBJECTS = 50_000;

/**
 * The subjects that were seen, so that their limits are prepared once. Bounded: when full it begins anew, which costs
 * the preparing and forgets no count.
 */
export class Subjects {
  private readonly clients = new Map<string, Subject>();
  private readonly addresses = new Map<string, Subject>();
  /** Callers are shared by the requests of one credential: the usual case looks up no text. */
  private readonly byCaller = new WeakMap<Caller, Subject>();
  private size = 0;
  private era = 0;

  constructor(private readonly maxSubjects = MAX_SUBJECTS) {}

  /** The caller's; `quota` is what its client may send by now. */
  of(caller: Caller, quota: Quota): Subject {
    const known = this.byCaller.get(caller);
    if (known?.quota === quota && known.era === this.era) return known;
    const subject = this.find(caller, quota);
    this.byCaller.set(caller, subject);
    return subject;
  }

  private find(caller: Caller, quota: Quota): Subject {
    const { clientId } = caller.client;
    let subject = this.clients.get(clientId);
    if (subject?.quota !== quota) {
      subject = this.add({ clientId, keyId: null, user: null, address: null, quota });
      this.clients.set(clientId, subject);
    }
    for (const { kind, id } of caller.credentials) {
      if (kind === 'api-key' && id !== null) subject = this.withKey(subject, id);
    }
    return caller.user === null ? subject : this.withUser(subject, caller.user);
  }

  ofAddress(address: string): Subject {
    const known = this.addresses.get(address);
    if (known !== undefined) return known;
    const subject = this.add({ clientId: null, keyId: null, user: null, address, quota: null });
    this.addresses.set(address, subject);
    return subject;
  }

  /** The same subject, for limits that also ask from where it came. */
  at(subject: Subject, address: string): Subject {
    const known = subject.byAddress.get(address);
    if (known !== undefined) return known;
    const { clientId, keyId, user, quota } = subject;
    const added = this.add({ clientId, keyId, user, address, quota });
    subject.byAddress.set(address, added);
    return added;
  }

  private withKey(subject: Subject, keyId: string): Subject {
    const known = subject.byKey.get(keyId);
    if (known !== undefined) return known;
    const { clientId, user, address, quota } = subject;
    const added = this.add({ clientId, keyId, user, address, quota });
    subject.byKey.set(keyId, added);
    return added;
  }

  private withUser(subject: Subject, user: UserPrincipal): Subject {
    const { issuer, subject: name } = user;
    const known = subject.byUser.get(name);
    if (known?.user?.issuer === issuer) return known;
    // The same name from another issuer is another user.
    const key = known === undefined ? name : JSON.stringify([issuer, name]);
    const other = subject.byUser.get(key);
    if (other !== undefined) return other;
    const { clientId, keyId, address, quota } = subject;
    const added = this.add({ clientId, keyId, user: { issuer, subject: name }, address, quota });
    subject.byUser.set(key, added);
    return added;
  }

  private add(subject: SubjectOf): Subject {
    if (this.size >= this.maxSubjects) {
      this.clients.clear();
      this.addresses.clear();
      this.size = 0;
      // Callers remember theirs, with all that came from it.
      this.era += 1;
    }
    this.size += 1;
    return new Subject(subject, this.era);
  }
}
