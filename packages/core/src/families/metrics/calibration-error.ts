import { type CalibrationOptions, calibration, weightedBins } from './calibration.ts';
import type { Metric } from './metric.ts';
import type { EvaluatedRows, WeightedMetric } from './weighted-metric.ts';

/**
 * Expected calibration error: Σ (rows of the bin / all rows) · |mean probability - share of hits| over the bins of
 * `calibration`. Outputs are probabilities. [Naeini et al. 2015](https://doi.org/10.1609/aaai.v29i1.9602), [Guo et al.
 * 2017, eq. 3](https://arxiv.org/abs/1706.04599)
 */
export function calibrationError(options: CalibrationOptions): Metric {
  const bins = calibration(options);
  return { add: bins.add, value: () => errorOf(bins.value()) };
}

/** `calibrationError` of rows, each weighted by a count. */
export const weightedCalibrationError = (rows: EvaluatedRows, options: CalibrationOptions): WeightedMetric =>
  weightedBins(rows, options, errorOf);

/** The calibration error of bins; NaN if they have no rows. */
function errorOf(
  bins: Float64Array, // [bins, 3]
): number {
  let sum = 0;
  let rows = 0;
  for (let k = 0; k < bins.length; k += 3) {
    if (bins[k] === 0) continue;
    sum += bins[k] * Math.abs(bins[k + 1] - bins[k + 2]);
    rows += bins[k];
  }
  return sum / rows;
}
