import { mse } from '../../families/losses/elementwise.ts';
import { type Loss, targetKind } from '../../families/losses/loss.ts';
import { createDecision } from '../../families/metrics/decision.ts';
import type { Task } from '../../families/metrics/figures.ts';
import type { Metric } from '../../families/metrics/metric.ts';
import { badOutput, NO_ANSWER } from '../../families/metrics/unanswered.ts';
import * as math from '../../math/index.ts';
import { viewOf } from '../../math/scratch.ts';

/** Options for scoring rows. */
export interface ScoringOptions {
  /** The loss that the network was trained with. */
  readonly loss: Loss;
  /** Number of outputs, of a position where positions have targets. */
  readonly outputs: number;
  /** Number of classes; null if targets are values. */
  readonly classes: number | null;
  /** Whether all targets are 0 or 1. */
  readonly areBits: boolean;
  /** Whether rows are positions of sequences. @default false */
  readonly hasPositions?: boolean;
}

/** Reads rows as scores and targets for figures. */
export interface Scoring {
  readonly task: Task;
  /** Whether scores are probabilities. */
  readonly hasProbabilities: boolean;
  /** Whether each row is a position of a sequence. */
  readonly hasPositions: boolean;
  /** Numbers per row of the scores. */
  readonly outputs: number;
  /** Numbers per row of the targets. */
  readonly columns: number;
  /** Default threshold of a binary task. */
  readonly threshold: number;
  /**
   * Computes scores and targets of B rows: probabilities if the loss has logits, else values. A row of classes
   * without an answer becomes NaN. Overwrites `scores` and `targets`.
   */
  read(
    scores: Float64Array, // [B, outputs] out
    targets: Float64Array, // [B, columns] out
    y: Float64Array, // [B, O] outputs of the network
    t: Float64Array, // [B, O], or [B] class indices
    B: number,
  ): void;
}

/** Creates the scoring for a network's outputs and loss. */
export function createScoring({ loss, outputs: O, classes, areBits, hasPositions = false }: ScoringOptions): Scoring {
  const areValues = classes === null && !(O === 1 && areBits) && loss.name !== 'soft-target-cross-entropy';
  if (areValues) return scoreValues(loss, O);
  return O <= 2 && classes !== 1 && !hasPositions ? scoreBinary(loss, O) : scoreClasses(loss, O, hasPositions);
}

/** Scores values: outputs, or probabilities if the outputs are their logits. */
function scoreValues(loss: Loss, O: number): Scoring {
  return {
    task: 'values',
    hasProbabilities: false,
    hasPositions: false,
    outputs: O,
    columns: O,
    threshold: 0,
    read(scores, targets, y, t, B) {
      scores.set(viewOf(y, 0, B * O));
      if (hasProbabilities(loss)) toProbabilities('scoring', loss, scores, O);
      targets.set(viewOf(t, 0, B * O));
    },
  };
}

/** One score per row: the probability or output of class 1, or the difference of two outputs of other kinds. */
function scoreBinary(loss: Loss, O: number): Scoring {
  const { target } = createDecision('scoring', { targets: targetKind(loss) });
  // Two sigmoids need not add up to 1; the larger one is the answer.
  const areProbabilities = hasProbabilities(loss) && (O === 1 || loss.name !== 'binary-cross-entropy');
  return {
    task: 'binary',
    hasProbabilities: areProbabilities,
    hasPositions: false,
    outputs: 1,
    columns: 1,
    // The score of two outputs is their difference.
    threshold: areProbabilities ? 0.5 : O === 2 ? 0 : (loss.threshold ?? 0.5),
    read(scores, targets, y, t, B) {
      const p = y.slice(0, B * O);
      if (areProbabilities) toProbabilities('scoring', loss, p, O);
      for (let n = 0; n < B; n++) {
        const score = O === 1 ? p[n] : areProbabilities ? p[2 * n + 1] : p[2 * n + 1] - p[2 * n];
        scores[n] = badOutput(y, n, O) === undefined ? score : Number.NaN;
        targets[n] = target(t, n, O);
      }
    },
  };
}

/** One score per class: its probability or output. */
function scoreClasses(loss: Loss, O: number, hasPositions: boolean): Scoring {
  const { target } = createDecision('scoring', { targets: targetKind(loss) });
  const areProbabilities = hasProbabilities(loss) && loss.name !== 'binary-cross-entropy';
  return {
    task: 'classes',
    hasProbabilities: areProbabilities,
    hasPositions,
    outputs: O,
    columns: 1,
    threshold: 0,
    read(scores, targets, y, t, B) {
      scores.set(viewOf(y, 0, B * O));
      if (areProbabilities) toProbabilities('scoring', loss, scores, O);
      for (let n = 0; n < B; n++) {
        if (badOutput(y, n, O) !== undefined) scores.fill(Number.NaN, n * O, (n + 1) * O);
        targets[n] = target(t, n, O);
      }
    },
  };
}

/** A metric's `add` for a network's outputs and targets. It passes their scores to `metrics`. */
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

/** Converts outputs of a network to probabilities. Overwrites `y`. */
type ToProbabilities = (
  y: Float64Array, // [N, O] in and out
  O: number,
) => void;

/** The conversion for each loss that takes logits. */
const conversions: Partial<Record<string, ToProbabilities>> = {
  'softmax-cross-entropy': softmaxRows,
  'soft-target-cross-entropy': softmaxRows,
  'binary-cross-entropy': (y) => {
    for (let i = 0; i < y.length; i++) y[i] = math.sigmoid(y[i]);
  },
};

/** Converts logits to probabilities. Overwrites `y`. @throws Error if the loss does not take logits. */
export function toProbabilities(
  where: string,
  loss: Loss | null,
  y: Float64Array, // [N, O] in and out
  O: number,
): void {
  const convert = conversions[loss?.name ?? ''];
  if (convert === undefined) {
    throw new Error(`${where}: loss has ${loss?.name ?? 'none'}, expected ${Object.keys(conversions).join(' or ')}`);
  }
  convert(y, O);
}

/** Softmax: p[n,o] = e^(y[n,o] - m) / Σ with the row's maximum m, so that nothing overflows. Overwrites `y`. */
function softmaxRows(
  y: Float64Array, // [N, O] in and out
  O: number,
): void {
  for (let row = 0; row < y.length; row += O) {
    let m = -Infinity;
    for (let i = row; i < row + O; i++) m = Math.max(m, y[i]);
    let sum = 0;
    for (let i = row; i < row + O; i++) sum += y[i] = math.exp(y[i] - m);
    for (let i = row; i < row + O; i++) y[i] /= sum;
  }
}

/** Whether the outputs of a network with this loss are logits, so that it has probabilities. */
export const hasProbabilities = (loss: Loss | null): boolean => conversions[loss?.name ?? ''] !== undefined;

/**
 * The predicted class of each row, by the same rule as in metrics; NO_ANSWER for a row without an answer. With a
 * threshold, a row of two classes is of class 1 if its score is above it: a probability if the loss has one.
 */
export function classify(
  y: Float64Array, // [N, O]
  O: number,
  modelLoss: Loss | null, // null: outputs are values
  threshold?: number,
): number[] {
  const N = y.length / O;
  const loss = modelLoss ?? mse();
  const { threshold: defaultThreshold } = loss;
  const targets = targetKind(loss);
  if (threshold !== undefined && O === (targets === 'classes' ? 2 : 1)) {
    const scoring = createScoring({ loss, outputs: O, classes: 2, areBits: false });
    const scores = new Float64Array(N);
    scoring.read(scores, new Float64Array(N), y, new Float64Array(N * O), N);
    return Array.from(scores, (score) => (Number.isNaN(score) ? NO_ANSWER : score > threshold ? 1 : 0));
  }
  const decision = defaultThreshold === undefined ? { targets } : { targets, threshold: defaultThreshold };
  const { answer } = createDecision('classify', decision);
  return Array.from({ length: N }, (_, n) => answer(y, n, O));
}
