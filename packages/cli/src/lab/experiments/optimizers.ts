import type { OptimizerSpec } from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { syntheticDatasets } from '@gradloom/runtime';
import { formatMember, type Member } from '../../options/member.ts';
import { columns } from '../../terminal/text/columns.ts';
import { decimal } from '../../terminal/text/format.ts';
import { lineChart } from '../../terminal/text/line-chart.ts';
import { oneThread, withDescender } from './descend.ts';
import { defineExperiment } from './experiment.ts';
import { claim } from './finding.ts';
import { sweepLearningRates } from './sweep.ts';

const STEPS = 500;

/** The optimizers with their options written out, except for the learning rate. */
const contenders: Readonly<Record<string, Exclude<OptimizerSpec, string> & Member>> = {
  sgd: { kind: 'sgd' },
  momentum: { kind: 'sgd', momentum: 0.9 },
  nesterov: { kind: 'sgd', momentum: 0.9, nesterov: true },
  rmsprop: { kind: 'rmsprop', decay: 0.99 },
  adam: { kind: 'adam', beta1: 0.9, beta2: 0.999 },
  adamw: { kind: 'adamw', beta1: 0.9, beta2: 0.999, weightDecay: 0.01 },
};

export const optimizers = defineExperiment({
  describe: 'Six optimizers on one problem, each at its best learning rate',
  seconds: 3,
  examples: [['optimizers --seed 3', 'start from other weights']],
  options: { seed: { group: 'Training', ...option.count(0, 'seed of the weights') }, threads: oneThread },
  async run({ seed }, { machine, showProgress }) {
    const bestRuns = await withDescender(syntheticDatasets.sine({ rows: 128 }), machine, async ({ descend }) => {
      const runs = [];
      for (const [name, spec] of Object.entries(contenders)) {
        showProgress(name);
        const { best, bracketed, trials } = await sweepLearningRates(
          { low: 0.001, high: 1 },
          (lr) => descend({ optimizer: { ...spec, lr }, batch: 'full', epochs: STEPS, seed }),
          ({ finalLoss }) => finalLoss,
        );
        const lossByRate = Object.fromEntries(trials.map(({ lr, outcome }) => [lr, outcome.finalLoss]));
        const { losses, finalLoss } = best.outcome;
        runs.push({ name, rate: best.lr, bracketed, losses, finalLoss, tried: lossByRate });
      }
      return runs;
    });
    const lossOf = (name: string): number => bestRuns.find((run) => run.name === name)?.finalLoss ?? Number.NaN;
    const startLosses = new Set(bestRuns.map(({ losses }) => losses[0]));
    const unbracketedRuns = bestRuns.filter(({ bracketed }) => !bracketed);
    const endsBelowSgd = (name: string) =>
      claim(
        `${name} ends below sgd`,
        `${decimal(lossOf(name))}, sgd ${decimal(lossOf('sgd'))}`,
        lossOf(name) < lossOf('sgd'),
      );
    return {
      sections: [
        {
          title: `sin x by a net 1-16-1, ${STEPS} steps over all rows from the same weights`,
          lines: columns(
            [
              ['', 'best rate', 'of', 'step 50', 'at the end'],
              ...bestRuns.map(({ name, rate, losses, finalLoss, tried }) => [
                name,
                String(rate),
                ratesTried(tried),
                decimal(losses[50]),
                decimal(finalLoss),
              ]),
            ],
            { right: [1, 3, 4] },
          ),
        },
        {
          title: 'The optimizers, as train --optimizer takes them',
          lines: columns(Object.entries(contenders).map(([name, spec]) => [name, formatMember(spec)])),
        },
        {
          title: 'Training curves',
          lines: lineChart(
            bestRuns.map(({ name, losses }) => ({ name, points: losses.map((loss, k) => [k, loss] as const) })),
            { x: 'step', y: 'loss', log: true },
          ),
        },
      ],
      findings: [
        claim(
          'all start from the same loss',
          startLosses.size === 1 ? 'yes' : `${startLosses.size} losses`,
          startLosses.size === 1,
        ),
        claim(
          'best rates lie between worse ones',
          unbracketedRuns.length === 0 ? 'all' : `not ${unbracketedRuns.map(({ name }) => name).join(', ')}`,
          unbracketedRuns.length === 0,
        ),
        endsBelowSgd('momentum'),
        endsBelowSgd('adam'),
      ],
      json: { optimizers: Object.fromEntries(bestRuns.map(({ name, ...run }) => [name, run])) },
    };
  },
});

/** '0.003 to 0.3'. */
function ratesTried(lossByRate: Readonly<Record<string, number>>): string {
  const rates = Object.keys(lossByRate).map(Number);
  return `${Math.min(...rates)} to ${Math.max(...rates)}`;
}
