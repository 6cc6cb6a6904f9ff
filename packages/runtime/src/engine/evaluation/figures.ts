import { type Loss, type Metric, metrics } from '@gradloom/core';
import { hasProbabilities, targetKind, toProbabilities } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';

/** Consumes outputs and targets, such as a metric. */
export interface OutputReader {
  /** Memory that it may need, in bytes. @default almost none */
  readonly bytes?: number;
  /**
   * Called with B rows at a time, in order. The arrays are reused: copy what you keep. If each position of a row has a
   * class, these are the positions that count, with O outputs each.
   */
  add(
    y: Float64Array, // [B, O] the network's outputs, in the targets' own units
    t: Float64Array, // [B, O], or [B] class indices if the loss takes these
    B: number,
    O: number,
  ): void;
}

/** Computes accuracy for classes, also for probabilities of these, and errors for values. */
export function figuresOf(
  outputs: number,
  loss: Loss,
  classes: number | null,
  targets: Dataset['targets']['array'] | Float64Array, // [N, O], stored numbers
): Partial<Record<'accuracy' | 'mae' | 'rmse' | 'r2', Metric>> {
  const accuracy = metrics.accuracy({ targets: targetKind(loss), threshold: loss.threshold ?? 0.5 });
  if (classes !== null || loss.name === 'soft-target-cross-entropy') return { accuracy };
  const errors = {
    mae: withoutUnanswered(metrics.mae(), loss),
    rmse: withoutUnanswered(metrics.rmse(), loss),
    r2: withoutUnanswered(metrics.r2(), loss),
  };
  return outputs === 1 && areBits(targets) ? { accuracy, ...errors } : errors;
}

/** The metric of what a model answers: probabilities, where outputs are their logits. */
function withoutUnanswered(metric: Metric, loss: Loss): Metric {
  if (!hasProbabilities(loss)) return metric;
  return {
    ...metric,
    add(y, t, B, O) {
      const probabilities = y.slice(0, B * O);
      toProbabilities('figuresOf', loss, probabilities, O);
      metric.add(probabilities, t, B, O);
    },
  };
}

const areBits = (values: Dataset['targets']['array'] | Float64Array): boolean =>
  values.every((value) => value === 0 || value === 1);

/** Moves the positions that count to the front of `y` and `t`. Returns their number. */
export function moveCountedToFront(
  y: Float64Array, // [positions, O] in and out
  t: Float64Array, // [positions] in and out
  positions: number,
  O: number,
): number {
  let count = 0;
  for (let p = 0; p < positions; p++) {
    if (t[p] < 0) continue; // a negative class: the position does not count
    t[count] = t[p];
    y.copyWithin(count * O, p * O, (p + 1) * O);
    count++;
  }
  return count;
}
