import { wholeNumber } from '../options/numbers.ts';
import { columns } from '../report/columns.ts';
import { decimal } from '../report/format.ts';
import { lineChart } from '../report/line-chart.ts';
import { descend } from './descend.ts';
import { defineExperiment } from './experiment.ts';
import { holds } from './finding.ts';

const rates = [1e-7, 1e-5, 0.001, 0.01, 0.1, 0.3, 1, 3, 10];
const STEPS = 1000;

export const descent = defineExperiment({
  describe: 'One problem at many learning rates: which crawl, learn or diverge',
  examples: [['descent --seed 3', 'from other weights']],
  options: { seed: { group: 'Training', ...wholeNumber(0), describe: 'of the weights (0)' } },
  run({ seed = 0 }) {
    const runs = rates.map((rate) => {
      const losses = descend({ kind: 'sgd', lr: rate }, STEPS, seed);
      return { rate, losses, verdict: verdictOf(losses) };
    });
    const at = (rate: number): string => runs.find((run) => run.rate === rate)?.verdict ?? '';
    const drawn = runs.filter(({ rate }) => [1e-7, 0.001, 0.1].includes(rate));
    return {
      sections: [
        {
          title: `sin x by a net 1-16-1, ${STEPS} steps of plain descent from the same weights`,
          lines: columns([
            ['rate', 'first loss', 'last loss', ''],
            ...runs.map(({ rate, losses, verdict }) => [
              String(rate),
              decimal(losses[0]),
              decimal(losses.at(-1) ?? Number.NaN),
              verdict,
            ]),
          ]),
        },
        {
          title: 'Rates 1e-7 (flat), 0.001 and 0.1 (lowest)',
          lines: lineChart(
            drawn.map(({ rate, losses }) => ({ name: String(rate), points: losses.map((loss, k) => [k, loss]) })),
            { x: 'step', y: 'loss', log: true },
          ),
        },
        {
          title: 'Too large depends on the problem',
          lines: ['  XOR learns at 2.0 (gradloom experiment xor): sigmoids keep its slopes small.'],
        },
      ],
      findings: [
        holds('rate 1e-7', 'crawls', at(1e-7), at(1e-7) === 'crawls'),
        holds('rate 0.1', 'learns', at(0.1), at(0.1) === 'learns'),
        holds('rate 10', 'too large', at(10), at(10) === 'too large'),
      ],
      json: { rates: Object.fromEntries(runs.map(({ rate, losses, verdict }) => [rate, { verdict, losses }])) },
    };
  },
});

/** By what became of the first loss: under a tenth of it learns, above 99 % of it crawls, above all of it is too large. */
function verdictOf(losses: readonly number[]): string {
  const share = (losses.at(-1) ?? Number.NaN) / losses[0];
  if (!(share <= 1)) return 'too large';
  return share > 0.99 ? 'crawls' : share < 0.1 ? 'learns' : 'slow';
}
