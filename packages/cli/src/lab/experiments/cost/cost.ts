import { buildNetwork, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { createPassTimer, type PassTimes } from '@gradloom/runtime/internal';
import { widths } from '../../../options/widths.ts';
import { UsageError } from '../../../terminal/failure.ts';
import { decimal, plural } from '../../../terminal/text/format.ts';
import { table } from '../../../terminal/text/table.ts';
import { defineExperiment } from '../experiment.ts';
import { CHAPTER, chapterSlip } from '../finding.ts';

const BUDGET_MS = 4000;
const MIN_ROUNDS = 5;

export const cost = defineExperiment({
  describe: 'Cost of the backward and the forward pass, counted and timed',
  seconds: 2,
  examples: [
    ['cost --depth 1,50 --width 64', 'one layer against fifty'],
    ['cost --backend blas', 'with the matrix products of a BLAS library'],
  ],
  options: {
    depth: { group: 'Model', ...widths(undefined, 'numbers of dense layers', '1,2,4,16') },
    width: { group: 'Model', ...widths(undefined, 'units per layer', '64,128,256') },
    batch: { group: 'Training', ...option.positiveInteger(64, 'rows per pass') },
    rounds: {
      group: 'Run',
      ...option.positiveInteger(undefined, 'passes through each network', 'as many as fit in 4 s'),
    },
  },
  run(
    { depth: depths = [1, 2, 4, 16], width: widthList = [64, 128, 256], batch, rounds: requested },
    { machine, showProgress },
  ) {
    for (const [flag, list] of Object.entries({ depth: depths, width: widthList })) {
      if (list.length === 0) throw new UsageError(`--${flag} has none, expected at least one whole number`);
    }
    const { threads: _, ...options } = machine; // both passes run only in this thread
    const cases = depths.flatMap((depth) =>
      widthList.map((width) => {
        const spec = squareNet(depth, width);
        const { y, dW, dx } = countProducts(spec);
        const time = createPassTimer(spec, { ...options, batch });
        return {
          depth,
          width,
          multiplyAdds: { y, dW, dx },
          counted: ratioOf({ y, dW, dx }),
          time,
          times: [] as PassTimes[],
        };
      }),
    );
    for (const { time } of cases) time(); // compiles the code, fills the caches
    // Cases are timed alternately, so that other work on the machine disturbs each of them equally.
    const start = performance.now();
    let rounds = 0;
    while (rounds < (requested ?? MIN_ROUNDS) || (requested === undefined && performance.now() - start < BUDGET_MS)) {
      rounds++;
      showProgress(`round ${rounds}`);
      for (const { time, times } of cases) times.push(time());
    }
    const figures = cases.map(({ time: _time, times, ...rest }) => {
      const forward = times.map(({ forwardMs }) => forwardMs);
      const backward = times.map(({ backwardMs }) => backwardMs);
      const ratios = times.map(({ forwardMs, backwardMs }) => backwardMs / forwardMs);
      return {
        ...rest,
        forwardMs: quantile(forward, 0.5),
        backwardMs: quantile(backward, 0.5),
        ratio: quantile(ratios, 0.5),
        quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
        fastestRatio: Math.min(...backward) / Math.min(...forward),
      };
    });
    const deepRatio = ratioOf(countProducts(squareNet(100, 64)));
    const lowest = Math.min(...figures.map(({ ratio }) => ratio));
    const highest = Math.max(...figures.map(({ ratio }) => ratio));
    const mnistRatio = ratioOf(countProducts(networkOf(784, [512, 256, 10])));
    return {
      sections: [
        {
          title: 'Why: each layer takes one product forward and two backward',
          lines: [
            '  forward    y = x W          one multiply-add for each weight and row',
            '  backward   dW = xT dy       as many, for the weights',
            '             dx = dy WT       as many, for the layer below (not in layer 1)',
            '',
            '  So L equal layers cost 2 - 1/L forward passes in the backward pass: 1 for one',
            '  layer, nearly 2 for many. Less if the first layer is the largest:',
            `  784-512-256-10 has ${mnistRatio.toFixed(2)}.`,
            '',
            `  The chapter, ${CHAPTER}, says 2-3`,
            '  times. Counted, dense layers stay below 2 at any depth.',
            `  Timed below: ${lowest.toFixed(2)} to ${highest.toFixed(2)}.`,
          ],
        },
        {
          title: `Timed in one thread, ${plural(batch, 'row')} per pass: medians of ${plural(rounds, 'round')}`,
          lines: table(
            ['depth', 'width', 'forward ms', 'backward ms', 'counted', 'timed', 'middle half', 'fastest'],
            figures.map(({ depth, width, forwardMs, backwardMs, counted, ratio, quartiles, fastestRatio }) => [
              String(depth),
              String(width),
              decimal(forwardMs),
              decimal(backwardMs),
              counted.toFixed(2),
              ratio.toFixed(2),
              quartiles.map((q) => q.toFixed(2)).join(' - '),
              fastestRatio.toFixed(2),
            ]),
            { right: [0, 1, 2, 3, 4, 5, 6, 7] },
          ),
        },
      ],
      // Times are shown but not claimed: on a busy machine they vary by half.
      findings: [
        chapterSlip(
          'backward of 100 layers, counted',
          '2-3 times',
          deepRatio,
          deepRatio < 2,
          'below 2 at any depth: 2 - 1/L',
        ),
      ],
      json: {
        batch,
        rounds,
        backend: machine.backend,
        cases: figures,
        counted: { deep: deepRatio, digits: mnistRatio },
      },
    };
  },
});

/** The q-quantile, interpolated linearly. */
function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const below = sorted[Math.floor(position)];
  return below + (position - Math.floor(position)) * (sorted[Math.ceil(position)] - below);
}

/** Dense layers of these widths, relu between them. */
export const networkOf = (input: number, widths: readonly number[]): NetworkSpec => ({
  input,
  layers: widths.flatMap((out, l): LayerSpec[] => [
    ...(l === 0 ? [] : [{ kind: 'activation', fn: 'relu' } as const]),
    { kind: 'dense', out, init: 'he-normal' },
  ]),
});

/** `depth` dense layers with as many inputs as outputs. */
export const squareNet = (depth: number, width: number): NetworkSpec =>
  networkOf(width, new Array<number>(depth).fill(width));

/** Multiply-adds of the matrix products of one row, by product. */
interface Products {
  readonly y: number; // x W
  readonly dW: number; // xᵀ dy
  readonly dx: number; // dy Wᵀ, which the first layer does not need
}

/** Each of the three products uses every weight once per row. */
export function countProducts(spec: NetworkSpec): Products {
  const [first, ...others] = buildNetwork(spec).products.map(([I, O]) => I * O);
  const dx = others.reduce((sum, weights) => sum + weights, 0);
  return { y: first + dx, dW: first + dx, dx };
}

/** Multiply-adds of the backward pass divided by those of the forward pass. */
const ratioOf = ({ y, dW, dx }: Products): number => (dW + dx) / y;
