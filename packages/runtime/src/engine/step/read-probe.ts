import type { Elements, LayerFigures, Network, Pausable } from '@gradloom/core';
import { clipScale, gradientNorm, probeFigures, stateLength, viewOf } from '@gradloom/core/internal';
import type { Arena } from '../memory/arena.ts';
import type { RunSetup } from '../threads/protocol.ts';
import { rowsOf } from './batch.ts';

/** A probed step, and the weights that its figures belong to. */
export interface ProbedStep {
  readonly step: number;
  readonly theta: Elements; // [P] weights before the step
  readonly start: Elements; // [P] weights when training began
}

/** Loss and gradient norm of a probed step, and the figures of its layers. */
export interface ProbedFigures {
  readonly loss: number;
  readonly gradientNorm: number; // before clipping
  readonly layers: readonly LayerFigures[];
}

/** Figures of a probed step, right after its span. */
export function* readProbe(
  network: Network,
  setup: RunSetup,
  { gSum, probeSums: sums, losses, squares }: Arena,
  { step, theta, start }: ProbedStep,
): Pausable<ProbedFigures> {
  const norm = gradientNorm(squares);
  // The update leaves the gradient in memory, scaled if it was clipped.
  const gradientScale = setup.clipNorm === null ? 1 : clipScale(norm, setup.clipNorm);
  const gradient = viewOf(gSum, 0, stateLength(network.gradientRanges));
  const reading = { sums, rows: rowsOf(setup, step), gradient, gradientScale, theta, start };
  // A probed step is a span of its own, so its loss is the first.
  return { loss: losses[0], gradientNorm: norm, layers: yield* probeFigures(network, reading) };
}
