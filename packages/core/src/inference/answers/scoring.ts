import type { Loss } from '../../families/losses/index.ts';
import { badOutput, createDecision, type Task } from '../../families/metrics/index.ts';
import { hasProbabilities, toProbabilities } from './probabilities.ts';

/** What rows are scored for. */
export interface ScoringOptions {
  /** The loss that the network was trained with. */
  readonly loss: Loss;
  /** Number of outputs. */
  readonly outputs: number;
  /** Number of classes; null if targets are values. */
  readonly classes: number | null;
  /** Whether all targets are 0 or 1. */
  readonly areBits: boolean;
}

/** Rows as figures take them. */
export interface Scoring {
  readonly task: Task;
  /** Whether scores are probabilities. */
  readonly hasProbabilities: boolean;
  /** Numbers per row of the scores. */
  readonly outputs: number;
  /** Numbers per row of the targets. */
  readonly columns: number;
  /** The threshold of a binary task where none is chosen. */
  readonly threshold: number;
  /**
   * Scores of B rows: probabilities where the loss has logits, values as they are. A row of classes that has no
   * answer is NaN. Overwrites `scores` and `targets`.
   */
  read(
    scores: Float64Array, // [B, outputs] out
    targets: Float64Array, // [B, columns] out
    y: Float64Array, // [B, O] outputs of the network
    t: Float64Array, // [B, O], or [B] where the loss takes indices
    B: number,
  ): void;
}

/** How the outputs of a network with a loss are scored. */
export function createScoring({ loss, outputs: O, classes, areBits }: ScoringOptions): Scoring {
  if (classes === null && !(O === 1 && areBits)) return scoreValues(O);
  return O <= 2 && classes !== 1 ? scoreBinary(loss, O) : scoreClasses(loss, O);
}

function scoreValues(O: number): Scoring {
  return {
    task: 'values',
    hasProbabilities: false,
    outputs: O,
    columns: O,
    threshold: 0,
    read(scores, targets, y, t, B) {
      for (let i = 0; i < B * O; i++) {
        scores[i] = y[i];
        targets[i] = t[i];
      }
    },
  };
}

/** One score a row: the output or probability of class 1, or of two outputs without probabilities their difference. */
function scoreBinary(loss: Loss, O: number): Scoring {
  const { target } = createDecision('scoring', { targets: loss.targets });
  // Two sigmoids need not add up to 1, and the larger one is the answer.
  const isShare = hasProbabilities(loss) && (O === 1 || loss.targets === 'classes');
  return {
    task: 'binary',
    hasProbabilities: isShare,
    outputs: 1,
    columns: 1,
    threshold: isShare ? 0.5 : O === 2 ? 0 : (loss.threshold ?? 0.5),
    read(scores, targets, y, t, B) {
      const p = y.slice(0, B * O);
      if (isShare) toProbabilities('scoring', loss, p, O);
      for (let n = 0; n < B; n++) {
        const score = O === 1 ? p[n] : isShare ? p[2 * n + 1] : p[2 * n + 1] - p[2 * n];
        scores[n] = badOutput(y, n, O) === undefined ? score : Number.NaN;
        targets[n] = target(t, n, O);
      }
    },
  };
}

/** A score for each class: its probability, or output. */
function scoreClasses(loss: Loss, O: number): Scoring {
  const { target } = createDecision('scoring', { targets: loss.targets });
  const isShare = loss.targets === 'classes' && hasProbabilities(loss);
  return {
    task: 'classes',
    hasProbabilities: isShare,
    outputs: O,
    columns: 1,
    threshold: 0,
    read(scores, targets, y, t, B) {
      for (let i = 0; i < B * O; i++) scores[i] = y[i];
      if (isShare) toProbabilities('scoring', loss, scores, O);
      for (let n = 0; n < B; n++) {
        if (badOutput(y, n, O) !== undefined) scores.fill(Number.NaN, n * O, (n + 1) * O);
        targets[n] = target(t, n, O);
      }
    },
  };
}
