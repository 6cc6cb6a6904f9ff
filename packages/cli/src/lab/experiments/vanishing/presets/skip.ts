import { splitDataset } from '@gradloom/runtime';
import { columns } from '../../../../terminal/text/columns.ts';
import { decimal, percent, plural } from '../../../../terminal/text/format.ts';

import { medianText, rangeOf, rangeText } from '../../../figures/range.ts';
import { type Finding, type Published, paperClaim } from '../../finding.ts';
import { namedActivation } from '../activation-list.ts';
import { largestClass } from '../deep-data.ts';
import { deepNetwork, type HiddenProbe, runDeep } from '../deep-run.ts';
import { fitFactor } from '../start-factors.ts';
import { definePreset } from './preset.ts';

const LAYERS = 20;
const WIDTH = 64;
const BATCH = 64;
const ROWS = 12_000;
const sigmoid = namedActivation({ kind: 'sigmoid' }).spec;
const networks = ['plain', 'skip'] as const;
const labels: Record<(typeof networks)[number], string> = { plain: 'sigmoid', skip: 'with skip connections' };

interface Measured {
  readonly starts: readonly HiddenProbe[]; // one per seed
  readonly factors: readonly number[]; // factors of dL/dz per layer, towards the input, one per seed
  readonly firstGradients: readonly number[]; // norm of dL/dW of hidden layer 1 before the first step, one per seed
  readonly accuracies: readonly number[]; // validation accuracy, one per seed
}

/**
 * Trains twenty layers of sigmoid with and without skip connections, which add the inputs of each hidden layer but the
 * first to its outputs, from the same weights, with adam. The gradient by the inputs of a layer is then that by its
 * outputs plus a term that may vanish. [He et al. 2016](https://arxiv.org/abs/1603.05027)
 */
export const skipOf = ({ steps }: { steps: number }) =>
  definePreset('skip', {
    rows: ROWS,
    seeds: { first: 1, last: 3 },
    async measure({ train: digits, seeds, showProgress, runContext }) {
      const data = splitDataset(digits, { validation: 1 / 6 });
      const measurements: Measured[] = [];
      for (const network of networks) {
        const hidden = new Array<number>(LAYERS).fill(WIDTH);
        const shape = { input: digits.inputs.columns, hidden, output: 10, init: 'he-normal' } as const;
        const spec = deepNetwork({ ...shape, skips: network === 'skip' }, sigmoid);
        const runs = [];
        for (const seed of seeds) {
          showProgress(`${labels[network]}, seed ${seed}`);
          const options = { optimizer: 'adam', batch: BATCH, steps, seed } as const;
          runs.push(await runDeep(spec, runContext('softmax-cross-entropy', data), options, [0]));
        }
        const startProbes = runs.map(({ probes }) => probes[0]);
        measurements.push({
          starts: startProbes,
          factors: startProbes.map(({ layers }) => fitFactor(layers.map(({ rmsDz }) => rmsDz)).factor ?? Number.NaN),
          firstGradients: startProbes.map(({ layers }) => layers[0].rmsDW * Math.sqrt(digits.inputs.columns * WIDTH)),
          accuracies: runs.map(({ validation }) => validation?.accuracy ?? 0),
        });
      }
      return { measured: measurements, chance: largestClass(data.validation ?? digits) };
    },
    show({ measured, chance }, seeds) {
      const [plain, skip] = measured;
      const gain = Math.min(...skip.firstGradients.map((norm, k) => norm / plain.firstGradients[k]));
      return {
        sections: [
          {
            title: `Skip connections: ${LAYERS} layers of sigmoid, ${plural(steps, 'step')}, ${plural(seeds.length, 'start')}`,
            lines: [
              ...columns([
                ['network', 'dL/dz per layer', 'norm of dL/dW, layer 1', 'accuracy, median'],
                ...measured.map(({ factors, firstGradients, accuracies }, k) => [
                  labels[networks[k]],
                  rangeText(rangeOf('factor of dL/dz', factors)),
                  medianText(firstGradients, decimal)[0],
                  medianText(accuracies, percent)[0],
                ]),
              ]),
              '',
              `  Always answering the most frequent class is right in ${percent(chance)} of the rows.`,
              `  Before the first step, hidden layer 1 has a gradient at least ${gain.toPrecision(2)} times`,
              '  as large with skip connections, from the same weights: the sums hand the gradient',
              '  on as it is, beside what the slopes of sigmoid leave of it.',
            ],
          },
        ],
        findings: [
          factorFinding('without skip connections', 'can vanish', plain, (factor) => factor < 0.5),
          factorFinding('with skip connections', 'does not vanish', skip, (factor) => factor >= 1),
        ],
        json: { steps, plain, skip },
      };
    },
  });

const paper = (printed: string): Published => ({ printed, source: 'He et al. 2016, section 2' });

const factorFinding = (
  network: string,
  printed: string,
  { factors }: Measured,
  agrees: (factor: number) => boolean,
): Finding =>
  paperClaim(
    `${network}: dL/dz per layer`,
    paper(printed),
    rangeText(rangeOf('factor', factors)),
    factors.every(agrees),
  );

export const skip = skipOf({ steps: 300 });
