import type { OptimizerSpec } from '@gradloom/core';
import { wholeNumber } from '../options/numbers.ts';
import { columns } from '../report/columns.ts';
import { decimal } from '../report/format.ts';
import { descend } from './descend.ts';
import { defineExperiment } from './experiment.ts';

const rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
const STEPS = 500;

const contenders: Readonly<Record<string, (lr: number) => OptimizerSpec>> = {
  sgd: (lr) => ({ kind: 'sgd', lr }),
  momentum: (lr) => ({ kind: 'sgd', lr, momentum: 0.9 }),
  nesterov: (lr) => ({ kind: 'sgd', lr, momentum: 0.9, nesterov: true }),
  rmsprop: (lr) => ({ kind: 'rmsprop', lr }),
  adam: (lr) => ({ kind: 'adam', lr }),
  adamw: (lr) => ({ kind: 'adamw', lr }),
};

export const optimizers = defineExperiment({
  describe: 'Six optimizers on one problem, each at its best rate',
  examples: [['optimizers --seed 3', 'from other weights']],
  options: { seed: { group: 'Training', ...wholeNumber(0), describe: 'of the weights (0)' } },
  run({ seed = 0 }) {
    const best = Object.entries(contenders).map(([name, spec]) => {
      const runs = rates.map((rate) => ({ rate, losses: descend(spec(rate), STEPS, seed) }));
      const finite = runs.filter(({ losses }) => Number.isFinite(losses.at(-1)));
      return { name, ...finite.reduce((a, b) => ((b.losses.at(-1) ?? 0) < (a.losses.at(-1) ?? 0) ? b : a)) };
    });
    const last = (losses: readonly number[]): string => decimal(losses.at(-1) ?? Number.NaN);
    return {
      sections: [
        {
          title: `sin x by a net 1-16-1, ${STEPS} steps, each at the best of ${rates.length} rates`,
          lines: columns([
            ['', 'rate', 'step 50', 'the end'],
            ...best.map(({ name, rate, losses }) => [name, String(rate), decimal(losses[50]), last(losses)]),
          ]),
        },
      ],
      findings: [],
      json: { optimizers: Object.fromEntries(best.map(({ name, rate, losses }) => [name, { rate, losses }])) },
    };
  },
});
