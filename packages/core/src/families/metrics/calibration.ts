import { defineOptions, type Named, type OptionsOf, positiveInteger } from '../../checks/options/index.ts';
import type { Counted, HeldRows } from './counted.ts';
import { createDecision, decisionTable } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';

const calibrationTable = {
  /** 'classes': one index per row, one output per class. 'values': one-hot rows, or 0 and 1 with one output. */
  targets: decisionTable.targets,
  /** Bins of the same width in [0, 1]. @default 10 */
  bins: positiveInteger(10),
};

/** Options of calibration. */
export interface CalibrationOptions extends OptionsOf<typeof calibrationTable>, Named {}

/**
 * Rows by how sure the model is: value()[3 · k + j], [bins, 3], of bin k: its rows, the mean probability, and the share
 * of rows that turned out so; both NaN in an empty bin. With one output the probability is that of 1, and the share
 * that of rows with target 1, as in calibration_curve of scikit-learn; with an output a class, that of the predicted
 * class, and the share of right rows. A bin goes from above its lower bound to its upper bound, the first from 0. Rows
 * without an answer are in no bin. Outputs are probabilities.
 */
export function calibration(options: CalibrationOptions): Metric<Float64Array> {
  const { bins, placeRow } = createPlacing(options);
  const sums = new Float64Array(3 * bins); // [bins, 3] rows, Σ p, Σ of 1 for a row that turned out so
  const row: PlacedRow = { bin: 0, p: 0, hit: 0 };
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) {
        if (!placeRow(row, y, t, n, O)) continue;
        sums[3 * row.bin]++;
        sums[3 * row.bin + 1] += row.p;
        sums[3 * row.bin + 2] += row.hit;
      }
    },
    value: () => meansOf(sums),
  };
}

/** A row's bin, its probability, and 1 if it turned out so. */
interface PlacedRow {
  bin: number;
  p: number;
  hit: number;
}

/** Finds the bins of rows. @throws Error if an option is wrong. */
function createPlacing(options: CalibrationOptions) {
  const { targets, bins } = defineOptions('metric calibration', calibrationTable).read(options);
  const { answer, target } = createDecision('metric calibration', { targets });
  return {
    bins,
    /** Overwrites `row`. False, with `row` as it was, for a row that is in no bin. */
    placeRow(row: PlacedRow, y: Float64Array, t: Float64Array, n: number, O: number): boolean {
      const answered = answer(y, n, O);
      const wanted = target(t, n, O);
      if (answered === NO_ANSWER || wanted === NO_ANSWER) return false;
      const isOne = O === 1 && targets === 'values';
      row.p = isOne ? y[n] : y[n * O + answered];
      row.bin = binOf(row.p, bins);
      row.hit = (isOne ? wanted === 1 : wanted === answered) ? 1 : 0;
      return true;
    },
  };
}

/** A value of the bins of held rows, which are found once. */
export function countedBins(
  { rows, outputs, y, t }: HeldRows,
  options: CalibrationOptions,
  of: (bins: Float64Array) => number,
): Counted {
  const { bins, placeRow } = createPlacing(options);
  const places = new Int32Array(rows).fill(NO_ANSWER);
  const p = new Float64Array(rows);
  const hits = new Uint8Array(rows);
  const row: PlacedRow = { bin: 0, p: 0, hit: 0 };
  for (let n = 0; n < rows; n++)
    if (placeRow(row, y, t, n, outputs)) [places[n], p[n], hits[n]] = [3 * row.bin, row.p, row.hit];
  return (counts) => {
    const sums = new Float64Array(3 * bins);
    for (let n = 0; n < rows; n++) {
      const place = places[n];
      if (place === NO_ANSWER) continue;
      sums[place] += counts[n];
      sums[place + 1] += counts[n] * p[n];
      sums[place + 2] += counts[n] * hits[n];
    }
    return of(meansOf(sums));
  };
}

const meansOf = (sums: Float64Array): Float64Array =>
  sums.map((sum, i) => (i % 3 === 0 ? sum : sum / sums[i - (i % 3)]));

/** The bin of a probability: the number of inner bounds below it. */
function binOf(p: number, bins: number): number {
  const width = 1 / bins;
  let bin = Math.max(0, Math.min(bins - 1, Math.floor(p * bins)));
  // Bounds are k · width as NumPy has them, to which p · bins may be rounded.
  while (bin > 0 && p <= bin * width) bin--;
  while (bin < bins - 1 && p > (bin + 1) * width) bin++;
  return bin;
}
