import { columns } from '../../../report/columns.ts';
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
const ROWS = 1000;
const sigmoid = named({ kind: 'sigmoid' }).spec;

/**
 * All sigmoid, weights N(0, 1) / √inputs, biases N(0, 1), half the squared error summed over outputs, the gradient averaged
 * over 1000 images. [Nielsen 2015, chapter 5](http://neuralnetworksanddeeplearning.com/chap5.html)
 */
export const nielsen: Preset = {
  seeds: { first: 1, last: 20 },
  async run(seeds, context) {
    const nets = await withMnist(context, ROWS, async (train, pool) => {
      const bench = { data: { train }, loss: 'quadratic', machine: context.machine, pool } as const;
      const found: { hidden: number; ranges: Range[]; norms: number[][] }[] = [];
      for (const printed of published) {
        const hidden = printed.length;
        const spec = deepNetwork(
          {
            input: train.inputs.columns,
            hidden: printed.map(() => WIDTH),
            output: 10,
            init: 'lecun-normal',
            biasInit: { kind: 'normal', std: 1 },
          },
          sigmoid,
          sigmoid,
        );
        const norms: number[][] = [];
        for (const seed of seeds) {
          context.note(`${hidden} hidden layers, seed ${seed}`);
          const look = await lookAtStart(spec, bench, { optimizer: 'sgd', batch: 'full', seed });
          norms.push(look.layers.map(({ rmsDb }) => rmsDb * Math.sqrt(WIDTH)));
        }
        const ranges = printed.map((_, h) =>
          rangeOf(
            `norm of dC/db of layer ${h + 1}`,
            norms.map((own) => own[h]),
          ),
        );
        found.push({ hidden, ranges, norms });
      }
      return found;
    });
    return {
      sections: [
        {
          title: `Nielsen, chapter 5: norm of dC/db before the first step, ${seeds.length} starts`,
          lines: columns([
            ['hidden layers', 'layer', 'printed', 'lowest to highest', 'mean'],
            ...nets.flatMap(({ hidden, ranges }, k) =>
              ranges.map((range, h) => [
                h === 0 ? `${hidden} of ${WIDTH}` : '',
                String(h + 1),
                published[k][h],
                rangeText(range),
                range.mean.toPrecision(2),
              ]),
            ),
          ]),
        },
      ],
      findings: nets.flatMap(({ hidden, ranges }, k) =>
        ranges.map((range, h) => within(`dC/db, layer ${h + 1} of ${hidden}`, published[k][h], range)),
      ),
      json: {
        preset: 'nielsen',
        seeds,
        networks: nets.map(({ hidden, ranges, norms }, k) => ({
          hidden,
          published: published[k].map(Number),
          ranges,
          norms,
        })),
      },
    };
  },
};
