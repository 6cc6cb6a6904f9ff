import { defineOptions, type Named, type OptionsOf, positiveInteger } from '../../options/index.ts';
import { createDecision, decisionTable } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';

const calibrationTable = {
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
  const { targets, bins } = defineOptions('metric calibration', calibrationTable).read(options);
  const { answer, target } = createDecision('metric calibration', { targets });
  const sums = new Float64Array(3 * bins); // [bins, 3] rows, Σ p, Σ of 1 for a row that turned out so
  return {
    add(y, t, B, O) {
      const isOne = O === 1 && targets === 'values';
      for (let n = 0; n < B; n++) {
        const answered = answer(y, n, O);
        const wanted = target(t, n, O);
        if (answered === NO_ANSWER || wanted === NO_ANSWER) continue;
        const p = isOne ? y[n] : y[n * O + answered];
        const bin = 3 * binOf(p, bins);
        sums[bin]++;
        sums[bin + 1] += p;
        if (isOne ? wanted === 1 : wanted === answered) sums[bin + 2]++;
      }
    },
    value: () => sums.map((sum, i) => (i % 3 === 0 ? sum : sum / sums[i - (i % 3)])),
  };
}

/** The bin of a probability: the number of inner bounds below it. */
export function binOf(p: number, bins: number): number {
  const width = 1 / bins;
  let bin = Math.max(0, Math.min(bins - 1, Math.floor(p * bins)));
  // Bounds are k · width as NumPy has them, to which p · bins may be rounded.
  while (bin > 0 && p <= bin * width) bin--;
  while (bin < bins - 1 && p > (bin + 1) * width) bin++;
  return bin;
}
