import { accuracy } from './accuracy.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { mae } from './mae.ts';
import type { Metric } from './metric.ts';
import { r2 } from './r2.ts';
import { rmse } from './rmse.ts';
import { topK } from './top-k.ts';
import { unanswered } from './unanswered.ts';

const table = {
  accuracy,
  'top-k': topK,
  'confusion-matrix': confusionMatrix,
  mae,
  rmse,
  r2,
  unanswered,
} satisfies Record<string, (options: never) => Metric<number | Float64Array>>;

/** The name of a metric. */
export type MetricName = keyof typeof table;

/** Every metric. To add one, write a file and list it here. */
export const metrics: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

export { createDecision, type Decision, type DecisionOptions } from './decision.ts';
export type { Metric } from './metric.ts';
export type { TopKOptions } from './top-k.ts';
export { badOutput, NO_ANSWER } from './unanswered.ts';
