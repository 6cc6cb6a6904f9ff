import { type DecisionOptions, decision } from './decision.ts';
import type { Metric } from './metric.ts';

/** Share of the rows whose answer is the target's class. A row with NaN is wrong. */
export function accuracy(options: DecisionOptions): Metric {
  const { answer, target } = decision('metric accuracy', options);
  let right = 0;
  let rows = 0;
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) {
        const answered = answer(y, n, O);
        if (answered !== -1 && answered === target(t, n, O)) right++;
      }
      rows += B;
    },
    value: () => right / rows,
  };
}
