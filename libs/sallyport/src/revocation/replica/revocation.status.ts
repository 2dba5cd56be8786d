import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock.js';
import { Propagation, type PropagationFigures } from './propagation.js';
import { RevocationReplica } from './revocation.replica.js';

export type RevocationSource = 'stream' | 'poll';

/** How well this instance knows what is revoked. */
export interface RevocationFigures {
  /** All that was committed so long ago is known here; null before everything was read once. */
  readonly stalenessSeconds: number | null;
  /** Who tells first: the stream of Redis (or of this process), or, while that is away, the durable store. */
  readonly source: RevocationSource;
  readonly entries: number;
  readonly bytes: number;
  /** From the change to this instance, by the clock of the one that made it. */
  readonly propagation: Readonly<Record<RevocationSource, PropagationFigures>>;
}

/** Measured all the time: for metrics of the host and for `/admin/revocations/status`. */
@Injectable()
export class RevocationStatus {
  private readonly propagation = { stream: new Propagation(), poll: new Propagation() };
  private source: RevocationSource = 'poll';

  constructor(
    private readonly replica: RevocationReplica,
    private readonly clock: Clock,
  ) {}

  figures(): RevocationFigures {
    const staleness = this.clock.milliseconds() - this.replica.completeAt;
    return {
      stalenessSeconds: Number.isFinite(staleness) ? Math.max(0, staleness) / 1000 : null,
      source: this.source,
      entries: this.replica.size,
      bytes: this.replica.bytes,
      propagation: {
        stream: this.propagation.stream.figures(),
        poll: this.propagation.poll.figures(),
      },
    };
  }

  /** @internal */
  hears(source: RevocationSource): void {
    this.source = source;
  }

  /** @internal */
  arrived(by: RevocationSource, changedAt: number): void {
    this.propagation[by].record(this.clock.milliseconds() - changedAt);
  }
}
