import type { ScheduleSpec } from '@gradloom/core';
import { columns } from '../../../terminal/text/columns.ts';
import { decimal } from '../../../terminal/text/format.ts';
import { meanOf } from '../../figures/range.ts';
import type { Descender } from '../descend.ts';
import type { Outcome } from '../experiment.ts';
import { claim } from '../finding.ts';
import { sweepLearningRates } from '../sweep.ts';

const BATCH = 8;
const EPOCHS = 125;
const WARM_UP_STEPS = 100;
const SEEDS = 3;

const schedules: Readonly<Record<string, ScheduleSpec>> = {
  constant: 'constant',
  'step, a tenth at each third': { kind: 'step', everyEpochs: Math.ceil(EPOCHS / 3) },
  cosine: 'cosine',
  'warm-up, then cosine': { kind: 'cosine', warmupSteps: WARM_UP_STEPS },
  'one-cycle': 'one-cycle',
};

/** Compares schedules over the same small batches, each at its best rate: a falling rate lets the noise settle. */
export async function compareSchedules({ descend }: Descender, seed: number): Promise<Outcome> {
  const runs = [];
  for (const [name, schedule] of Object.entries(schedules)) {
    const { best, bracketed, trials } = await sweepLearningRates(
      { low: 0.03, high: 0.1 },
      async (lr) => {
        const losses: number[] = [];
        for (let k = 0; k < SEEDS; k++) {
          const optimizer = { kind: 'sgd', lr } as const;
          const run = await descend({ optimizer, schedule, batch: BATCH, epochs: EPOCHS, seed: seed + k });
          losses.push(run.finalLoss);
        }
        return losses;
      },
      meanOf,
    );
    const loss = meanOf(best.outcome);
    const outcomes = Object.fromEntries(trials.map(({ lr, outcome }) => [lr, outcome]));
    runs.push({ name, rate: best.lr, bracketed, loss, losses: best.outcome, tried: outcomes });
  }
  const [constant, ...others] = runs;
  const gain = (loss: number): number => 1 - loss / constant.loss;
  const cosine = others.find(({ name }) => name.startsWith('warm-up')) ?? constant;
  return {
    sections: [
      {
        title: `Loss by schedule: batches of ${BATCH}, ${EPOCHS} epochs, each at its best rate`,
        lines: columns(
          [
            ['', 'best rate', 'final loss', 'below constant'],
            ...runs.map(({ name, rate, loss, bracketed }) => [
              name,
              `${rate}${bracketed ? '' : ' (at the edge)'}`,
              decimal(loss),
              name === 'constant' ? '' : `${(100 * gain(loss)).toFixed(1)} %`,
            ]),
          ],
          { right: [1, 2, 3] },
        ),
      },
    ],
    findings: [
      claim(
        'warm-up and cosine end below constant',
        `${(100 * gain(cosine.loss)).toFixed(1)} % below`,
        gain(cosine.loss) > 0,
      ),
    ],
    json: { schedules: Object.fromEntries(runs.map(({ name, ...run }) => [name, run])) },
  };
}
