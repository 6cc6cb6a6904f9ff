import { exp } from '../../math/exp.ts';
import { log } from '../../math/log.ts';
import { logLoss, rowLogLoss } from './log-loss.ts';
import type { Metric } from './metric.ts';
import type { ProbabilityOptions } from './probability-options.ts';
import { type EvaluatedRows, type WeightedMetric, weightedMean } from './weighted-metric.ts';

/** The perplexity of a mean log loss: e^loss. */
export const perplexityOf = (loss: number): number => exp(loss);

/** The mean log loss of a perplexity. */
export const lossOf = (perplexity: number): number => log(perplexity);

/** Bits per character of a mean log loss of characters: loss / ln 2. */
export const bitsOf = (loss: number): number => loss / log(2);

/** The metrics of a function of the mean log loss. */
export interface LogLossMetrics {
  metric(options: ProbabilityOptions): Metric;
  weighted(rows: EvaluatedRows, options: ProbabilityOptions): WeightedMetric;
}

function metricsOfLogLoss(f: (loss: number) => number): LogLossMetrics {
  return {
    metric(options) {
      const mean = logLoss(options);
      return { add: mean.add, value: () => f(mean.value()) };
    },
    weighted(rows, options) {
      const mean = weightedMean(rows, rowLogLoss(options));
      return (counts) => f(mean(counts));
    },
  };
}

export const perplexityMetrics = metricsOfLogLoss(perplexityOf);
export const bitsMetrics = metricsOfLogLoss(bitsOf);

/** e^(mean log loss): perplexity k is as uncertain as a choice among k classes at random. Outputs are probabilities. */
export const perplexity = perplexityMetrics.metric;

/** Mean log loss in bits, of a model whose classes are characters. Outputs are probabilities. */
export const bitsPerCharacter = bitsMetrics.metric;
