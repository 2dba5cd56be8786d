import { duel } from '../measuring/duel.js';
import type { Measure } from '../measuring/measure.js';
import { work } from './own-work.js';

export const proofMeasures = {
  'proofs/dpop': duel({
    contender: work('DPoP proof'),
    baseline: work('ES256 verify and a store call'),
    ratio: 'time',
  }),
} satisfies Record<string, Measure>;
