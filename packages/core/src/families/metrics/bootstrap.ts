import { count, defineOptions, type Named, type OptionsOf, positiveInteger } from '../../checks/options/index.ts';
import type { Pausable } from '../../math/pausable.ts';
import { createRandom } from '../../math/random/index.ts';
import type { WeightedMetric } from './weighted-metric.ts';

const bootstrapOptions = defineOptions('bootstrap', {
  /** How often the rows are resampled. @default 1000 */
  resamples: positiveInteger(1000),
  /** Seed of the draws. @default 0 */
  seed: count(0),
});

/** Options of `bootstrap`. */
export interface BootstrapOptions extends OptionsOf<typeof bootstrapOptions.table>, Named {}

/** The 95 % confidence interval of a metric. */
export interface Interval {
  /** 2.5 % of the resamples are lower; NaN if none has a value. */
  readonly low: number;
  /** 2.5 % of the resamples are higher. */
  readonly high: number;
  /** Resamples without a value, which are left out: for example ROC AUC if all drawn rows have one class. */
  readonly without: number;
}

/** Rows drawn between two pauses, in less than a millisecond. */
const ROWS_PER_TURN = 1 << 15;

/**
 * 95 % percentile intervals of figures: repeatedly draws N of the N rows with replacement and computes every figure of
 * the draw. A pure function of rows, options and figures. [Efron & Tibshirani 1993,
 * §13.3](https://doi.org/10.1201/9780429246593)
 */
export function* bootstrap<Name extends string>(
  rows: number,
  figures: Readonly<Record<Name, WeightedMetric>>,
  options: BootstrapOptions = {},
): Pausable<Record<Name, Interval>> {
  const { resamples, seed } = bootstrapOptions.read(options);
  const names = Object.keys(figures) as Name[];
  const values = new Map(names.map((name) => [name, new Float64Array(resamples)]));
  const counts = new Uint32Array(rows);
  for (let b = 0; b < resamples; b++) {
    yield* draw(counts, seed, b);
    for (const [name, resampledValues] of values) {
      resampledValues[b] = figures[name](counts);
      yield;
    }
  }
  const intervals = [...values].map(([name, resampledValues]) => [name, intervalOf(resampledValues)]);
  return Object.fromEntries(intervals) as Record<Name, Interval>;
}

/** Counts how often each row is drawn in resample b. Overwrites `counts`. */
function* draw(
  counts: Uint32Array, // [N] out
  seed: number,
  b: number,
): Pausable<void> {
  const N = counts.length;
  const random = createRandom(seed, 'bootstrap', b);
  counts.fill(0);
  for (let n = 0; n < N; n++) {
    counts[random.integer(N)]++;
    if (n % ROWS_PER_TURN === ROWS_PER_TURN - 1) yield;
  }
}

function intervalOf(values: Float64Array): Interval {
  const numbers = values.filter((value) => !Number.isNaN(value)).sort();
  return { low: quantile(numbers, 0.025), high: quantile(numbers, 0.975), without: values.length - numbers.length };
}

/** Interpolates linearly between two values, as NumPy's `percentile`. */
function quantile(
  sorted: Float64Array, // ascending
  probability: number,
): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const value = sorted[below] ?? Number.NaN;
  return below + 1 < sorted.length ? value + (position - below) * (sorted[below + 1] - value) : value;
}
