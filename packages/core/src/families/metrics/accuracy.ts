import { createDecision, type DecisionOptions } from './decision.ts';
import type { Metric } from './metric.ts';
import { NO_ANSWER } from './unanswered.ts';

/** Share of rows whose predicted class is the target's. A row without an answer counts as wrong. */
export function accuracy(options: DecisionOptions): Metric {
  const { answer, target } = createDecision('metric accuracy', options);
  let right = 0;
  let rows = 0;
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) {
        const prediction = answer(y, n, O);
        if (prediction !== NO_ANSWER && prediction === target(t, n, O)) right++;
      }
      rows += B;
    },
    value: () => right / rows,
  };
}
