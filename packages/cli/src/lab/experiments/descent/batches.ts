import type { Dataset } from '@gradloom/runtime';
import { columns } from '../../../terminal/text/columns.ts';
import { decimal, whole } from '../../../terminal/text/format.ts';
import { type Descender, type DescentResult, sineSpec } from '../descend.ts';
import type { Outcome } from '../experiment.ts';
import { claim } from '../finding.ts';
import { sweepLearningRates } from '../sweep.ts';
import { gradientNoise } from './gradient-noise.ts';

const DRAWS = 400;
/** The goal is for the mean loss of an epoch; the noise in the targets alone leaves 0.01. */
const GOAL = 0.03;
const MAX_STEPS = 8000;
const MAX_EPOCHS = 4000;

/** Batch sizes from one row to all: the error of their gradients, and the cost of reaching one loss. */
export async function compareBatches({ descend }: Descender, dataset: Dataset, seed: number): Promise<Outcome> {
  const { rows } = dataset;
  const batches = [1, 2, 4, 8, 16, 32, 64].filter((batch) => batch < rows);
  const { norm, noise } = gradientNoise(sineSpec, dataset, { batches: [...batches, rows], draws: DRAWS, seed });
  const costs = [];
  for (const batch of [1, 4, 16, 64, rows]) {
    const stepsPerEpoch = Math.ceil(rows / batch);
    const epochs = Math.min(MAX_EPOCHS, Math.ceil(MAX_STEPS / stepsPerEpoch));
    const { best, bracketed } = await sweepLearningRates(
      { low: 0.01, high: 0.1 },
      (lr) => descend({ optimizer: { kind: 'sgd', lr }, batch, epochs, seed }),
      epochsToGoal,
    );
    const { elapsedMs, steps } = best.outcome;
    const goalEpochs = epochsToGoal(best.outcome);
    const msAStep = elapsedMs / steps;
    costs.push({ batch, rate: best.lr, bracketed, epochs: goalEpochs, steps: goalEpochs * stepsPerEpoch, msAStep });
  }
  const error = Math.max(...noise.slice(0, -1).map(({ measured, theory }) => Math.abs(measured / theory - 1)));
  const [first, fullBatch] = [costs[0], costs[costs.length - 1]];
  return {
    sections: [
      {
        title: `Distance between the gradient of a batch and that of all ${rows} rows`,
        lines: [
          ...columns(
            [
              ['rows', 'distance', 'theory', 'share'],
              ...noise.map(({ batch, measured, theory }) => [
                String(batch),
                decimal(batch === rows ? 0 : measured),
                decimal(theory),
                `${((100 * measured) / norm).toFixed(1)} %`,
              ]),
            ],
            { right: [0, 1, 2, 3] },
          ),
          '',
          `  'distance' is the root mean square over ${DRAWS} random batches; 'share' is its`,
          '  share of the length of the whole gradient. Theory: in proportion to',
          '  1 / sqrt(rows), and less for a batch that holds most of the rows.',
        ],
      },
      {
        title: `Cost of reaching a loss of ${GOAL}, each batch size at its best rate`,
        lines: columns(
          [
            ['rows', 'best rate', 'epochs', 'steps', 'row gradients', 'time per step', 'time'],
            ...costs.map(({ batch, rate, bracketed, epochs, steps, msAStep }) => [
              String(batch),
              `${rate}${bracketed ? '' : ' (at the edge)'}`,
              whole(epochs),
              whole(steps),
              whole(epochs * rows),
              `${(1000 * msAStep).toFixed(1)} us`,
              `${(steps * msAStep).toFixed(2)} ms`,
            ]),
          ],
          { right: [0, 1, 2, 3, 4, 5, 6] },
        ),
      },
    ],
    findings: [
      claim('noise of a batch is as theory says', `within ${(100 * error).toFixed(1)} %`, error < 0.1),
      claim(
        'batches of 1 need fewer epochs than full batches',
        `${first.epochs} and ${fullBatch.epochs}`,
        first.epochs < fullBatch.epochs,
      ),
      claim(
        'batches of 1 need more steps than full batches',
        `${first.steps} and ${fullBatch.steps}`,
        fullBatch.steps < first.steps,
      ),
    ],
    json: { gradientNorm: norm, noise, goal: GOAL, costs },
  };
}

/** Epochs until the mean loss of an epoch reaches the goal; Infinity if it never does. */
function epochsToGoal({ losses }: DescentResult): number {
  const epoch = losses.findIndex((loss) => loss <= GOAL);
  return epoch === -1 ? Number.POSITIVE_INFINITY : epoch + 1;
}
