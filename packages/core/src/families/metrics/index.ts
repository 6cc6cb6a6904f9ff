import { accuracy } from './accuracy.ts';
import { brier } from './brier.ts';
import { calibration } from './calibration.ts';
import { calibrationError } from './calibration-error.ts';
import { balancedAccuracy, f1, precision, recall } from './class-rates.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { explainedVariance } from './explained-variance.ts';
import { logLoss } from './log-loss.ts';
import { mae } from './mae.ts';
import { mape } from './mape.ts';
import type { Metric } from './metric.ts';
import { bitsPerCharacter, perplexity } from './perplexity.ts';
import { prAuc } from './pr-auc.ts';
import { r2 } from './r2.ts';
import { rmse } from './rmse.ts';
import { rocAuc } from './roc-auc.ts';
import { topK } from './top-k.ts';
import { unanswered } from './unanswered.ts';

const table = {
  accuracy,
  'top-k': topK,
  'balanced-accuracy': balancedAccuracy,
  precision,
  recall,
  f1,
  'roc-auc': rocAuc,
  'pr-auc': prAuc,
  'log-loss': logLoss,
  perplexity,
  'bits-per-character': bitsPerCharacter,
  brier,
  'calibration-error': calibrationError,
  calibration,
  'confusion-matrix': confusionMatrix,
  mae,
  rmse,
  mape,
  r2,
  'explained-variance': explainedVariance,
  unanswered,
} satisfies Record<string, (options: never) => Metric<number | Float64Array>>;

/** The name of a metric. */
export type MetricName = keyof typeof table;

/** All metrics. To add one, write a file and list it here. */
export const metrics: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;
