import { option } from '@gradloom/core/internal';
import { syntheticDatasets } from '@gradloom/runtime';
import { oneThread, withDescender } from '../descend.ts';
import { defineExperiment } from '../experiment.ts';
import { compareBatches } from './batches.ts';
import { compareRates } from './rates.ts';
import { compareSchedules } from './schedules.ts';
import { compareProblems } from './too-large.ts';

export const descent = defineExperiment({
  describe: 'Learning rates that crawl, learn or diverge; schedules; batch sizes',
  examples: [['descent --seed 3', 'start from other weights']],
  options: {
    seed: { group: 'Training', ...option.count(0, 'seed of the weights and batches') },
    threads: oneThread,
  },
  async run({ seed }, { machine, note }) {
    const exact = syntheticDatasets.sine({ rows: 128 });
    const noisy = syntheticDatasets.sine({ rows: 128, noise: 0.1 });
    const onExact = await withDescender(exact, machine, async (descender) => {
      note('rates');
      return [await compareRates(descender, seed), await compareProblems(descender, seed, machine)];
    });
    const onNoisy = await withDescender(noisy, machine, async (descender) => {
      note('schedules');
      const schedules = await compareSchedules(descender, seed);
      note('batches');
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
