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

/** A figure that is a function of the mean log loss. */
interface LogLossFigure {
  metric(options: ProbabilityOptions): Metric;
  weighted(rows: EvaluatedRows, options: ProbabilityOptions): WeightedMetric;
}

function figureOfLogLoss(f: (loss: number) => number): LogLossFigure {
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

export const perplexityFigure = figureOfLogLoss(perplexityOf);
export const bitsFigure = figureOfLogLoss(bitsOf);

/**
 * e^(mean log loss): a model of perplexity k is as uncertain as one that chooses among k classes at random. Outputs are
 * probabilities.
 */
export const perplexity = perplexityFigure.metric;

/** Mean log loss in bits, of a model whose classes are characters. Outputs are probabilities. */
export const bitsPerCharacter = bitsFigure.metric;
