import type { RankWork } from '@gradloom/runtime/internal';

/** What a prediction is made of: measured, or taken from a data sheet. */
export interface RankParts {
  readonly gradientMs: number; // passes over the rows of the rank that has most, on its threads
  readonly updateMs: number; // of all weights, on the threads of a rank
  readonly bytesPerMs: number; // of memory, that all threads of a rank reach: rows of gradients are added at this speed
  readonly latencyMs: number; // of a message between two ranks
  readonly messageMs: number; // of each further message that a rank sends at the same time
  readonly networkBytesPerMs: number; // that a rank sends while it receives as many
}

/** What a step on ranks would take, in milliseconds. */
export interface RankPrediction {
  readonly gradientMs: number;
  readonly joinMs: number; // rows of the team, added to one for each subtree
  readonly gatherMs: number; // gradients on their way to the ranks that update them
  readonly hiddenMs: number; // of it, while passes go on
  readonly updateMs: number;
  readonly returnMs: number; // weights and notes on their way to all
  readonly stepMs: number;
}

/** The model of docs/cluster.md. */
export function predictRanks(parts: RankParts, work: RankWork, overlap: boolean): RankPrediction {
  const { parameters: P, held, bytesOfNumber, nodeRows, joins } = work;
  const messagesMs = (count: number): number => (count === 0 ? 0 : parts.latencyMs + (count - 1) * parts.messageMs);
  const wayMs = ({ messages, bytes }: RankWork['gradients']): number =>
    messagesMs(messages) + bytes / parts.networkBytesPerMs;
  // Each addition reads two rows and writes one.
  const addMs = (rows: number, length: number): number => (3 * rows * length * bytesOfNumber) / parts.bytesPerMs;
  const gatherMs = wayMs(work.gradients);
  const { gradientMs } = parts;
  // What the first layers have starts on its way when the last pass ends, and waits for nothing else.
  const hiddenMs = overlap ? Math.min(gatherMs * work.early, gradientMs * BACKWARD_SHARE) : 0;
  const joinMs = addMs(joins, P);
  const updateMs = P === 0 ? 0 : (parts.updateMs * held) / P + addMs(nodeRows - 1, held);
  const returnMs = Math.max(wayMs(work.weights), wayMs(work.notes)) + work.notes.bytes / parts.networkBytesPerMs;
  return {
    ...{ gradientMs, joinMs, gatherMs, hiddenMs, updateMs, returnMs },
    stepMs: gradientMs + joinMs + gatherMs - hiddenMs + updateMs + returnMs,
  };
}

/** Of the passes of a step: backward takes two products a layer, forward one. */
const BACKWARD_SHARE = 2 / 3;
