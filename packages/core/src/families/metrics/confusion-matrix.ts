import { createDecision, type DecisionOptions } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';

/**
 * Counts of rows by class: value()[target · (C + 1) + answer], [C, C + 1], where C is the number of outputs, or 2 for
 * one output and values. Column C counts rows without an answer. Empty before the first row. Rows whose target is not a
 * class are not counted.
 */
export function confusionMatrix(options: DecisionOptions): Metric<Float64Array> {
  const { classes, answer, target } = createDecision('metric confusion-matrix', options);
  let counts = new Float64Array(0);
  return {
    add(y, t, B, O) {
      const C = classes(O);
      if (counts.length === 0) counts = new Float64Array(C * (C + 1));
      for (let n = 0; n < B; n++) {
        const prediction = answer(y, n, O);
        const targetClass = target(t, n, O);
        if (targetClass !== NO_ANSWER) counts[targetClass * (C + 1) + (prediction === NO_ANSWER ? C : prediction)]++;
      }
    },
    value: () => counts.slice(),
  };
}
