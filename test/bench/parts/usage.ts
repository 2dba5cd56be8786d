import type { Measure } from '../measuring/measure.js';
import { spreadOf } from '../measuring/spread.js';
import { usageCosts } from '../works/usage.js';

export const usageMeasures = {
  'usage/record': {
    seconds: 15,
    canRun: () => true,
    run: async ({ pace, progress }) => {
      progress.step(`${pace.rounds} rounds`);
      const rounds = usageCosts(pace.rounds);
      return { value: spreadOf(rounds), rounds };
    },
  },
} satisfies Record<string, Measure>;
