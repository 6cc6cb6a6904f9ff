import type { LossSpec } from '@gradloom/core';
import type { Dataset, Pool } from '@gradloom/runtime';
import { columns } from '../../../report/columns.ts';
import type { ExperimentContext } from '../../experiment.ts';
import { named } from '../activation-list.ts';
import { deepNetwork } from '../deep-network.ts';
import { lookAtStart } from '../deep-run.ts';
import type { Preset } from './preset.ts';
import { type Range, rangeOf, rangeText, within } from './range.ts';
import { withMnist } from './with-mnist.ts';

/** Norms of dC/db of the hidden layers, as printed for one start: 784, so many layers of 30, 10. */
const published = [
  ['0.07', '0.31'],
  ['0.012', '0.060', '0.283'],
  ['0.003', '0.017', '0.070', '0.285'],
];

const WIDTH = 30;
const OUTPUTS = 10;
const ROWS = 1000;
/** The range of fewer starts need not hold the one that was printed. */
const FEWEST = 10;
const sigmoid = named({ kind: 'sigmoid' }).spec;

/** The book's `network2` takes cross-entropy unless told otherwise, and the script of these norms does not tell it. */
const costs = ['crossEntropy', 'quadratic'] as const;
type Norms = Record<(typeof costs)[number], readonly number[][]>; // [starts][hidden layers]

/**
 * All sigmoid, weights N(0, 1) / √inputs, biases N(0, 1), the gradient averaged over 1000 images. The printed norms are
 * those of cross-entropy summed over outputs; half the squared error, the book's first cost, stands beside.
 * [Nielsen 2015, chapter 5](http://neuralnetworksanddeeplearning.com/chap5.html), its
 * [script](https://github.com/mnielsen/neural-networks-and-deep-learning/blob/master/fig/generate_gradient.py)
 */
export const nielsen: Preset = {
  seeds: { first: 1, last: 20 },
  async run(seeds, context) {
    const nets = await withMnist(context, ROWS, async (train, pool) => {
      const found: { depth: number; norms: Norms }[] = [];
      for (const { length: depth } of published) {
        const norms = { crossEntropy: [] as number[][], quadratic: [] as number[][] };
        for (const seed of seeds) {
          context.note(`${depth} hidden layers, seed ${seed}`);
          for (const cost of costs) norms[cost].push(await normsAtStart(depth, cost, seed, train, pool, context));
        }
        found.push({ depth, norms });
      }
      return found;
    });
    const rows = nets.flatMap(({ depth, norms }, k) =>
      published[k].map((printed, h) => {
        const range = (cost: (typeof costs)[number]): Range =>
          rangeOf(
            `norm of dC/db of layer ${h + 1}`,
            norms[cost].map((own) => own[h]),
          );
        return { depth, h, printed, crossEntropy: range('crossEntropy'), quadratic: range('quadratic') };
      }),
    );
    return {
      sections: [
        {
          title: `Nielsen, chapter 5: norm of dC/db before the first step, ${seeds.length} starts`,
          lines: [
            ...columns([
              ['hidden layers', 'layer', 'printed', 'cross-entropy', 'quadratic'],
              ...rows.map(({ depth, h, printed, crossEntropy, quadratic }) => [
                h === 0 ? `${depth} of ${WIDTH}` : '',
                String(h + 1),
                printed,
                rangeText(crossEntropy),
                rangeText(quadratic),
              ]),
            ]),
            '',
            "  The printed norms are those of cross-entropy, which the book's script takes.",
            '  With half the squared error they are a fifth of that, and shrink alike.',
          ],
        },
      ],
      findings:
        seeds.length < FEWEST
          ? []
          : rows.map(({ depth, h, printed, crossEntropy }) =>
              within(`dC/db, layer ${h + 1} of ${depth}`, printed, crossEntropy),
            ),
      json: {
        preset: 'nielsen',
        seeds,
        networks: nets.map(({ depth, norms }, k) => ({ depth, published: published[k].map(Number), norms })),
      },
    };
  },
};

async function normsAtStart(
  depth: number,
  cost: (typeof costs)[number],
  seed: number,
  train: Dataset,
  pool: Pool,
  { machine }: ExperimentContext,
): Promise<number[]> {
  const shape = {
    input: train.inputs.columns,
    hidden: new Array<number>(depth).fill(WIDTH),
    output: OUTPUTS,
    init: 'lecun-normal',
    biasInit: { kind: 'normal', std: 1 },
  } as const;
  const quadratic = cost === 'quadratic';
  // Cross-entropy of the library takes logits, and the mean over outputs.
  const spec = deepNetwork(shape, sigmoid, quadratic ? sigmoid : undefined);
  const loss: LossSpec = quadratic ? 'quadratic' : 'binary-cross-entropy';
  const scale = quadratic ? 1 : OUTPUTS;
  const bench = { data: { train }, loss, machine, pool };
  const look = await lookAtStart(spec, bench, { optimizer: 'sgd', batch: 'full', seed });
  return look.layers.map(({ rmsDb }) => scale * rmsDb * Math.sqrt(WIDTH));
}
