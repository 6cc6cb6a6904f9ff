import { option } from '@gradloom/core/internal';
import { syntheticDatasets } from '@gradloom/runtime';
import { columns } from '../../../terminal/text/columns.ts';
import { decimal } from '../../../terminal/text/format.ts';
import { type Descender, oneThread, withDescender } from '../descend.ts';
import { defineExperiment, type Machine, type Outcome, withPool } from '../experiment.ts';
import { claim, verdictOf } from '../finding.ts';
import { trainXor } from '../xor-run.ts';
import { compareBatches } from './batches.ts';
import { compareLearningRates } from './learning-rates.ts';
import { compareSchedules } from './schedules.ts';

export const descent = defineExperiment({
  describe: 'Learning rates that crawl, learn or diverge; schedules; batch sizes',
  seconds: 9,
  examples: [['descent --seed 3', 'start from other weights']],
  options: { seed: { group: 'Training', ...option.count(0, 'seed of the weights and batches') }, threads: oneThread },
  async run({ seed }, { machine, showProgress }) {
    const noiselessSine = syntheticDatasets.sine({ rows: 128 });
    const noisy = syntheticDatasets.sine({ rows: 128, noise: 0.1 });
    const onExact = await withDescender(noiselessSine, machine, async (descender) => {
      showProgress('rates');
      return [await compareLearningRates(descender, seed), await compareProblems(descender, seed, machine)];
    });
    const onNoisy = await withDescender(noisy, machine, async (descender) => {
      showProgress('schedules');
      const schedules = await compareSchedules(descender, seed);
      showProgress('batches');
      return [schedules, await compareBatches(descender, noisy, seed)];
    });
    const parts = [...onExact, ...onNoisy];
    return {
      sections: parts.flatMap(({ sections }) => sections),
      findings: parts.flatMap(({ findings }) => findings),
      json: Object.assign({}, ...parts.map(({ json }) => json)),
    };
  },
});

const rates = [0.02, 0.2, 2, 20];
const CHAPTER_RATE = 2;
const EPOCHS = 10_000;

/** Trains on the sine and on the chapter's XOR at the same rates. One too large for the sine is right for XOR. */
async function compareProblems({ descend }: Descender, seed: number, machine: Machine): Promise<Outcome> {
  const rows = await withPool(1, async (pool) => {
    const results = [];
    for (const lr of rates) {
      const sine = await descend({ optimizer: { kind: 'sgd', lr }, batch: 'full', epochs: EPOCHS, seed });
      const xor = await trainXor(0, EPOCHS, { ...machine, threads: 1 }, { pool, lr });
      results.push({
        rate: lr,
        sine: { finalLoss: sine.finalLoss, verdict: verdictOf(sine.losses, sine.finalLoss) },
        xor: { finalLoss: xor.trainLoss, verdict: verdictOf([...xor.epochLosses], xor.trainLoss) },
      });
    }
    return results;
  });
  const chapterRow = rows.find(({ rate }) => rate === CHAPTER_RATE);
  const text = ({ finalLoss, verdict }: { finalLoss: number; verdict: string }): string =>
    `${verdict}, ${Number.isFinite(finalLoss) ? decimal(finalLoss) : 'not finite'}`;
  return {
    sections: [
      {
        title: `Which rate is too large depends on the problem: final loss after ${EPOCHS} steps`,
        lines: [
          ...columns([
            ['rate', 'sin x, tanh and a linear output', 'XOR, two layers of sigmoids'],
            ...rows.map(({ rate, sine, xor }) => [String(rate), text(sine), text(xor)]),
          ]),
          '',
          '  A sigmoid has outputs from 0 to 1 and slopes up to 1/4: small gradients.',
        ],
      },
    ],
    findings: [
      claim('XOR learns at rate 2.0', chapterRow?.xor.verdict ?? '', chapterRow?.xor.verdict === 'learns'),
      claim('sin x diverges at rate 2.0', chapterRow?.sine.verdict ?? '', chapterRow?.sine.verdict === 'diverges'),
    ],
    json: { problems: rows },
  };
}
