import { duel } from '../measuring/duel.js';
import type { Measure } from '../measuring/measure.js';
import type { WorkName } from '../works/works.js';
import { work } from './own-work.js';

/** By the clock: whoever waits longer for Redis is slower. */
const beside = (contender: WorkName, baseline: WorkName): Measure =>
  duel({ contender: work(contender, true), baseline: work(baseline, true), by: 'clock' });

export const limiterMeasures = {
  'limiter/exact': beside('limiter, exact', 'EVALSHA'),
  'limiter/leased': beside('limiter, leased', '@nest-lab storage'),
} satisfies Record<string, Measure>;
