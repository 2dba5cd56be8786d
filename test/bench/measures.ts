import type { RowId } from './bars.js';
import type { Measure } from './measuring/measure.js';
import { eventLoopMeasures } from './parts/event-loop.js';
import { instanceMeasures } from './parts/instances.js';
import { keyMeasures } from './parts/keys.js';
import { limiterMeasures } from './parts/limiter.js';
import { proofMeasures } from './parts/proofs.js';
import { revocationMeasures } from './parts/revocation.js';
import { routeMeasures } from './parts/route.js';
import { scaleMeasures } from './parts/scale.js';
import { signatureMeasures } from './parts/signatures.js';
import { tokenMeasures } from './parts/tokens.js';
import { usageMeasures } from './parts/usage.js';

/** How each row of the table of bars is measured. */
export const measures: Readonly<Record<RowId, Measure>> = {
  ...routeMeasures,
  ...keyMeasures,
  ...signatureMeasures,
  ...proofMeasures,
  ...limiterMeasures,
  ...scaleMeasures,
  ...tokenMeasures,
  ...eventLoopMeasures,
  ...instanceMeasures,
  ...revocationMeasures,
  ...usageMeasures,
};
