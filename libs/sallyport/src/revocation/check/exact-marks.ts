import { Injectable } from '@nestjs/common';
import { RecordCache } from '../../cache/record-cache.js';
import { Clock } from '../../clock.js';
import { SallyportError } from '../../errors.js';
import type { MaybePromise } from '../../maybe-promise.js';
import { digestOf } from '../replica/fingerprint.js';
import { RevocationReplica } from '../replica/revocation.replica.js';
import type { RevocationKey, RevocationMark } from '../revocation.js';
import { RevocationStore } from '../revocation.store.js';

type Mark = RevocationMark | null;

/** Marks by their very keys, from the durable store: remembered until the replica hears of a change. */
@Injectable()
export class ExactMarks {
  private readonly cache: RecordCache<Mark>;
  private asked = new Map<RevocationKey, PromiseWithResolvers<Mark>>();

  constructor(
    private readonly store: RevocationStore,
    replica: RevocationReplica,
    clock: Clock,
  ) {
    this.cache = new RecordCache(clock, replica.versions, {
      load: (key) => this.load(key),
      hashOf: (key) => replica.fingerprint(digestOf(key)).high,
      absentMilliseconds: 60_000,
    });
  }

  /** Throws ERR_STORE_UNAVAILABLE, when it is waited for, if the store does not answer. */
  find(key: RevocationKey): MaybePromise<Mark> {
    return this.cache.find(key);
  }

  /** What is asked in one breath is one query. */
  private load(key: RevocationKey): Promise<Mark> {
    if (this.asked.size === 0) queueMicrotask(() => void this.read());
    const answer = this.asked.get(key) ?? Promise.withResolvers<Mark>();
    this.asked.set(key, answer);
    return answer.promise;
  }

  private async read(): Promise<void> {
    const { asked } = this;
    this.asked = new Map();
    try {
      const marks = await this.store.marks([...asked.keys()]);
      [...asked.values()].forEach((answer, index) => {
        answer.resolve(marks[index] ?? null);
      });
    } catch (cause) {
      for (const answer of asked.values()) answer.reject(unavailable(cause));
    }
  }
}

function unavailable(cause: unknown): SallyportError {
  if (cause instanceof SallyportError) return cause;
  return new SallyportError('ERR_STORE_UNAVAILABLE', {
    reason: 'the store of revocations does not answer',
    retryAfterSeconds: 1,
    cause,
  });
}
