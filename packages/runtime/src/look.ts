import { clipScale, gradientNorm, type Network, probeFigures } from '@gradloom/core';
import type { Arena } from './arena.ts';
import type { ProbeSteps } from './probe-steps.ts';
import type { RunSetup } from './protocol.ts';
import type { TrainEvent } from './results.ts';
import { rowsOf } from './step.ts';

/** Looks into the layers of a run on its way; each look takes a span of one step. */
export interface Look extends ProbeSteps {
  /** Right before that span: keeps the weights that the figures belong to. */
  begin(): void;
  /** Right after it. */
  read(step: number): Extract<TrainEvent, { type: 'probe' }>;
}

/** Keeps two copies of the weights, outside the arena. */
export function createLook(network: Network, setup: RunSetup, arena: Arena, steps: ProbeSteps): Look {
  const start = Float64Array.from(arena.theta);
  const theta = new Float64Array(start.length);
  return {
    ...steps,
    begin() {
      theta.set(arena.theta);
    },
    read(step) {
      const { gSum, probeSums: sums, losses, squares } = arena;
      const norm = gradientNorm(squares);
      // An update leaves the gradient as it used it, which after clipping is no longer the loss's own.
      const scale = setup.clipNorm === null ? 1 : clipScale(norm, setup.clipNorm);
      const gradient = gSum.slice(0, theta.length).map((g) => g / scale);
      const layers = probeFigures(network, { sums, rows: rowsOf(setup, step), gradient, theta, start });
      const parameters = Float64Array.from(theta);
      return { type: 'probe', step, loss: losses[0], gradientNorm: norm, layers, parameters };
    },
  };
}
