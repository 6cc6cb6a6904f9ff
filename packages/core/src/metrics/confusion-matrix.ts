import { type DecisionOptions, decision } from './decision.ts';
import type { Metric } from './metric.ts';

/**
 * Rows counted by class: value()[target · C + answer], [C, C], with C the number of outputs, or 2 where there is one;
 * empty before the first row. A row with NaN counts nowhere.
 */
export function confusionMatrix(options: DecisionOptions): Metric<Float64Array> {
  const { answer, target } = decision('metric confusion-matrix', options);
  let counts = new Float64Array(0);
  return {
    add(y, t, B, O) {
      const C = O === 1 ? 2 : O;
      if (counts.length === 0) counts = new Float64Array(C * C);
      for (let n = 0; n < B; n++) {
        const answered = answer(y, n, O);
        const wanted = target(t, n, O);
        if (answered !== -1 && wanted !== -1) counts[wanted * C + answered]++;
      }
    },
    value: () => counts.slice(),
  };
}
