import { type Dataset, splitDataset } from '@gradloom/runtime';
import { columns } from '../../../../terminal/text/columns.ts';
import { decimal, percent } from '../../../../terminal/text/format.ts';
import { medianText, rangeOf, rangeText } from '../../../figures/range.ts';
import { type Finding, type Published, paperClaim, unclaimedFigure } from '../../finding.ts';
import { namedActivation } from '../activation-list.ts';
import { largestClass, meanSquareOf } from '../deep-data.ts';
import { deepNetwork, type HiddenProbe, runDeep } from '../deep-run.ts';
import { type FactorRange, factorRange, type StartFactors, startFactors } from '../start-factors.ts';
import { definePreset } from './preset.ts';

const LAYERS = 30;
const WIDTH = 64;
const BATCH = 128;
const ROWS = 12_000;
const relu = namedActivation({ kind: 'relu' }).spec;
const inits = ['glorot-normal', 'he-normal'] as const;
const paper = (printed: string): Published => ({ printed, source: 'He et al. 2015, section 2.2 and figure 3' });

interface Measured {
  readonly starts: readonly HiddenProbe[]; // one per seed
  readonly factors: readonly number[]; // factors of dL/dz per layer, towards the input, one per seed
  readonly theory: FactorRange; // the range of the mean factor by theory, for networks of this width
  readonly accuracies: readonly number[]; // validation accuracy, one per seed
}

/**
 * Trains thirty layers with relu from both initializers, with momentum 0.9, rate 0.01 and batches of 128, as in the
 * paper. The networks of the paper are convolutional, on ImageNet; these are dense, on digits. The factors are the same
 * for any start, but the accuracy depends on it, so accuracies are shown and not claimed. [He et al. 2015,
 * §2.2](https://arxiv.org/abs/1502.01852)
 */
export const heOf = ({ steps }: { steps: number }) =>
  definePreset('he', {
    rows: ROWS,
    seeds: { first: 1, last: 3 },
    async measure({ train: digits, seeds, showProgress, runContext }) {
      const data = splitDataset(digits, { validation: 1 / 6 });
      const list: Measured[] = [];
      for (const init of inits) {
        const hidden = new Array<number>(LAYERS).fill(WIDTH);
        const spec = deepNetwork({ input: digits.inputs.columns, hidden, output: 10, init }, relu);
        const runs = [];
        for (const seed of seeds) {
          showProgress(`${init}, seed ${seed}`);
          const optimizer = { kind: 'sgd', lr: 0.01, momentum: 0.9 } as const;
          const options = { optimizer, batch: BATCH, steps, seed };
          runs.push(await runDeep(spec, runContext('softmax-cross-entropy', data), options, [0]));
        }
        const startProbes = runs.map(({ probes }) => probes[0]);
        const accuracies = runs.map(({ validation }) => validation?.accuracy ?? 0);
        list.push({ starts: startProbes, accuracies, ...factorsOf(startProbes, hidden, data.train) });
      }
      return { measured: list, chance: largestClass(data.validation ?? digits) };
    },
    show({ measured, chance }, seeds) {
      const [xavier, he] = measured;
      return {
        sections: [
          {
            title: `He et al. 2015, with 30 dense layers and relu: ${steps} steps, ${seeds.length} starts`,
            lines: [
              ...columns([
                ['init', 'dL/dz per layer', 'accuracy, median', 'lowest to highest'],
                ...measured.map(({ factors, accuracies }, k) => [
                  inits[k],
                  rangeText(rangeOf('factor of dL/dz', factors)),
                  ...medianText(accuracies, percent),
                ]),
              ]),
              '',
              `  Always answering the most frequent class is right in ${percent(chance)} of the rows.`,
              '  The factors are the same for any start. The accuracy after so few steps depends',
              '  on the start: some glorot networks leave chance, some he networks barely do.',
            ],
          },
        ],
        findings: [
          factorFinding('glorot init', paper('sqrt(1/2)'), xavier),
          factorFinding('he init', paper('1'), he),
          accuracyFinding('glorot init', paper('stalls'), xavier),
          accuracyFinding('he init', paper('converges'), he),
        ],
        json: { steps, 'glorot-normal': xavier, 'he-normal': he },
      };
    },
  });

function factorsOf(startProbes: readonly HiddenProbe[], hidden: readonly number[], { inputs, rows }: Dataset) {
  const widths = [inputs.columns, ...hidden];
  const meanSquare = meanSquareOf(inputs, rows);
  const fits = startProbes.map((probe): StartFactors => startFactors(probe, relu, widths, meanSquare));
  const theory = factorRange(
    fits.map(({ measured, expected, effect }) => ({ factor: measured.factor, expected: expected.factor, effect })),
  );
  if (theory === null)
    throw new Error(`${LAYERS} layers of relu have no factor, expected one (their gradients are too small)`);
  return { factors: fits.map(({ measured }) => measured.factor ?? Number.NaN), theory };
}

/** The paper's factor is for infinite width. It agrees if the mean over these starts is in the range for this width. */
function factorFinding(what: string, figure: Published, { theory: { factor, low, high } }: Measured): Finding {
  return paperClaim(
    `${what}: dL/dz per layer`,
    figure,
    decimal(factor),
    factor >= low && factor <= high,
    `at width ${WIDTH} ${decimal(low)} to ${decimal(high)}`,
  );
}

const accuracyFinding = (what: string, figure: Published, { accuracies }: Measured): Finding =>
  unclaimedFigure(what, medianText(accuracies, percent).join(', '), 'accuracies depend on the start', figure);

export const he = heOf({ steps: 700 });
