import type { Metric } from '../../families/metrics/index.ts';
import type { Scoring } from './scoring.ts';

/** A reader of outputs and targets that hands their scores to metrics. */
export function scoreInto(scoring: Scoring, metrics: readonly Pick<Metric, 'add'>[]): Metric['add'] {
  let scores = new Float64Array(0);
  let targets = new Float64Array(0);
  return (y, t, B) => {
    if (scores.length !== B * scoring.outputs) {
      scores = new Float64Array(B * scoring.outputs);
      targets = new Float64Array(B * scoring.columns);
    }
    scoring.read(scores, targets, y, t, B);
    for (const metric of metrics) metric.add(scores, targets, B, scoring.outputs);
  };
}
