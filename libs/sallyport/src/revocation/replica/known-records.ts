import { Injectable } from '@nestjs/common';
import { RecordCache } from '../../cache/record-cache.js';
import { Clock } from '../../clock.js';
import { revocationKey, type ChangedRecord } from '../revocation.js';
import { digestOf } from './fingerprint.js';
import { RevocationReplica } from './revocation.replica.js';

/** Makes caches of records that are forgotten when the replica hears that they were changed. */
@Injectable()
export class KnownRecords {
  constructor(
    private readonly replica: RevocationReplica,
    private readonly clock: Clock,
  ) {}

  /** @param recordOf what is told when the record of this id was changed; null: nothing ever changes it */
  cache<V>(
    load: (id: string) => Promise<V>,
    recordOf: ((id: string) => ChangedRecord) | null,
  ): RecordCache<V> {
    const { versions, fingerprint } = this.replica;
    return new RecordCache(this.clock, versions, {
      load,
      hashOf: (id) =>
        recordOf === null ? 0 : fingerprint(digestOf(revocationKey(recordOf(id)))).high,
    });
  }
}
