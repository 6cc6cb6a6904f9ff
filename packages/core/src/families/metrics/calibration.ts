import { defineOptions, type Named, type OptionsOf, positiveInteger } from '../../checks/options/index.ts';
import { createDecision, decisionTable } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';
import type { EvaluatedRows, WeightedMetric } from './weighted-metric.ts';

const calibrationTable = {
  /** 'classes': one index per row, one output per class. 'values': one-hot rows, or 0 and 1 with one output. */
  targets: decisionTable.targets,
  /** Bins of equal width in [0, 1]. @default 10 */
  bins: positiveInteger(10),
};

/** Options of calibration. */
export interface CalibrationOptions extends OptionsOf<typeof calibrationTable>, Named {}

/**
 * Rows binned by predicted probability. value() is [bins, 3]: for each bin its rows, the mean probability, and the
 * share of hits; the last two are NaN in an empty bin. With one output the probability is that of class 1, and rows
 * with target 1 are hits, as in calibration_curve of scikit-learn. With an output per class it is that of the predicted
 * class, and correct rows are hits. A bin excludes its lower bound (except 0) and includes its upper bound. Rows
 * without an answer are in no bin. Outputs are probabilities.
 */
export function calibration(options: CalibrationOptions): Metric<Float64Array> {
  const { bins, binRow } = createBinning(options);
  const sums = new Float64Array(3 * bins); // [bins, 3] rows, Σ p, hits
  const row: BinnedRow = { bin: 0, p: 0, hit: 0 };
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) {
        if (!binRow(row, y, t, n, O)) continue;
        sums[3 * row.bin]++;
        sums[3 * row.bin + 1] += row.p;
        sums[3 * row.bin + 2] += row.hit;
      }
    },
    value: () => meansOf(sums),
  };
}

/** A row's bin, its probability, and 1 if it is a hit. */
interface BinnedRow {
  bin: number;
  p: number;
  hit: number;
}

/** Assigns rows to bins. @throws Error if an option is wrong. */
function createBinning(options: CalibrationOptions) {
  const { targets, bins } = defineOptions('metric calibration', calibrationTable).read(options);
  const { answer, target } = createDecision('metric calibration', { targets });
  return {
    bins,
    /** Overwrites `row` with the row's bin. Returns false, and leaves `row` as it was, if the row is in no bin. */
    binRow(row: BinnedRow, y: Float64Array, t: Float64Array, n: number, O: number): boolean {
      const prediction = answer(y, n, O);
      const targetClass = target(t, n, O);
      if (prediction === NO_ANSWER || targetClass === NO_ANSWER) return false;
      const isSingleOutput = O === 1 && targets === 'values';
      row.p = isSingleOutput ? y[n] : y[n * O + prediction];
      row.bin = binOf(row.p, bins);
      row.hit = (isSingleOutput ? targetClass === 1 : targetClass === prediction) ? 1 : 0;
      return true;
    },
  };
}

/** A value computed from the bins of rows, each weighted by a count. Rows are binned only once. */
export function weightedBins(
  { rows, outputs, y, t }: EvaluatedRows,
  options: CalibrationOptions,
  figureOf: (bins: Float64Array) => number,
): WeightedMetric {
  const { bins, binRow } = createBinning(options);
  const binOffsets = new Int32Array(rows).fill(NO_ANSWER);
  const p = new Float64Array(rows);
  const hits = new Uint8Array(rows);
  const row: BinnedRow = { bin: 0, p: 0, hit: 0 };
  for (let n = 0; n < rows; n++)
    if (binRow(row, y, t, n, outputs)) [binOffsets[n], p[n], hits[n]] = [3 * row.bin, row.p, row.hit];
  return (counts) => {
    const sums = new Float64Array(3 * bins);
    for (let n = 0; n < rows; n++) {
      const offset = binOffsets[n];
      if (offset === NO_ANSWER) continue;
      sums[offset] += counts[n];
      sums[offset + 1] += counts[n] * p[n];
      sums[offset + 2] += counts[n] * hits[n];
    }
    return figureOf(meansOf(sums));
  };
}

/** The sums [bins, 3] of p and hits divided by the rows of their bin. */
const meansOf = (sums: Float64Array): Float64Array =>
  sums.map((sum, i) => (i % 3 === 0 ? sum : sum / sums[i - (i % 3)]));

/** The bin of a probability: the number of inner bounds below it. */
function binOf(p: number, bins: number): number {
  const width = 1 / bins;
  let bin = Math.max(0, Math.min(bins - 1, Math.floor(p * bins)));
  // Bounds are k · width as in NumPy; rounding may move p · bins across one.
  while (bin > 0 && p <= bin * width) bin--;
  while (bin < bins - 1 && p > (bin + 1) * width) bin++;
  return bin;
}
