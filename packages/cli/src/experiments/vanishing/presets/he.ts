import { splitDataset } from '@gradloom/runtime';
import { columns } from '../../../report/columns.ts';
import { percent } from '../../../report/format.ts';
import { holds } from '../../finding.ts';
import { named } from '../activation-list.ts';
import { deepNetwork } from '../deep-network.ts';
import { type Look, runDeep } from '../deep-run.ts';
import { fitFactor } from '../fit-factor.ts';
import { hasLearned, isChance, largestClass } from '../learning.ts';
import type { Preset } from './preset.ts';
import { near, type Range, rangeOf, rangeText } from './range.ts';
import { withMnist } from './with-mnist.ts';

const LAYERS = 30;
const WIDTH = 64;
const BATCH = 128;
const ROWS = 12_000;
const relu = named({ kind: 'relu' }).spec;
const inits = ['glorot-normal', 'he-normal'] as const;

interface Measured {
  readonly starts: readonly Look[]; // one a seed
  readonly factor: Range; // of dL/dz a layer, towards the input
  readonly accuracies: readonly number[]; // validation rows, one a seed
}

/**
 * Thirty layers with relu, learned from either init by momentum 0.9 at 0.01 in batches of 128, as the paper has it. The
 * paper's nets are convolutional, on ImageNet: these are dense, on digits.
 * [He et al. 2015, §2.2](https://arxiv.org/abs/1502.01852)
 */
export const heOf = ({ steps }: { steps: number }): Preset => ({
  seeds: { first: 1, last: 3 },
  async run(seeds, context) {
    const { measured, chance, rows } = await withMnist(context, ROWS, async (whole, pool) => {
      const data = splitDataset(whole, { validation: 1 / 6 });
      const validation = data.validation ?? whole;
      const bench = { data, loss: 'softmax-cross-entropy', machine: context.machine, pool } as const;
      const found: Measured[] = [];
      for (const init of inits) {
        const hidden = new Array<number>(LAYERS).fill(WIDTH);
        const spec = deepNetwork({ input: whole.inputs.columns, hidden, output: 10, init }, relu);
        const starts: Look[] = [];
        const accuracies: number[] = [];
        for (const seed of seeds) {
          context.note(`${init}, seed ${seed}`);
          const optimizer = { kind: 'sgd', lr: 0.01, momentum: 0.9 } as const;
          const run = await runDeep(spec, bench, { optimizer, batch: BATCH, steps, seed }, [0]);
          starts.push(run.looks[0]);
          accuracies.push(run.validation?.accuracy ?? 0);
        }
        const factors = starts.map(({ layers }) => fitFactor(layers.map(({ rmsDz }) => rmsDz)).factor ?? Number.NaN);
        found.push({ starts, accuracies, factor: rangeOf('factor of dL/dz', factors) });
      }
      return { measured: found, chance: largestClass(validation), rows: validation.rows };
    });
    const [xavier, ours] = measured;
    const best = (accuracies: readonly number[]) => Math.max(...accuracies);
    const worst = (accuracies: readonly number[]) => Math.min(...accuracies);
    return {
      sections: [
        {
          title: `He et al. 2015: a dense analogue of its 30 layers with relu, ${steps} steps, ${seeds.length} starts`,
          lines: columns([
            ['init', 'dL/dz, a layer', 'accuracy, lowest to highest'],
            ...measured.map(({ factor, accuracies }, k) => [
              inits[k],
              rangeText(factor),
              `${percent(worst(accuracies))} to ${percent(best(accuracies))}`,
            ]),
          ]),
        },
      ],
      findings: [
        near('glorot init: dL/dz a layer', 'sqrt(1/2)', Math.sqrt(1 / 2), xavier.factor, 0.05),
        near('he init: dL/dz a layer', '1', 1, ours.factor, 0.05),
        holds(
          'glorot init',
          'stalls',
          `${percent(best(xavier.accuracies))} at most`,
          isChance(best(xavier.accuracies), chance, rows),
        ),
        holds(
          'he init',
          'converges',
          `${percent(worst(ours.accuracies))} at least`,
          hasLearned(worst(ours.accuracies), chance),
        ),
      ],
      json: { preset: 'he', seeds, steps, 'glorot-normal': xavier, 'he-normal': ours },
    };
  },
});

export const he = heOf({ steps: 700 });
