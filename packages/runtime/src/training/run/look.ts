import type { Elements, Network, Pausable } from '@gradloom/core';
import { clipScale, gradientNorm, probeFigures, viewOf } from '@gradloom/core/internal';
import type { Arena } from '../../engine/memory/arena.ts';
import { rowsOf } from '../../engine/step/batch.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { cloneArray } from '../../system/turns/arrays.ts';
import type { TrainEvent } from './events.ts';
import type { ProbeSteps } from './probe-steps.ts';

/** Records statistics of the layers during a run; each look takes a span of one step. */
export interface Look extends ProbeSteps {
  /** Called right after that span; `theta` [P] are the weights before it, which the statistics belong to. */
  read(step: number, theta: Elements): Pausable<Extract<TrainEvent, { type: 'probe' }>>;
}

/** Copies the weights at the start of training, outside of the arena. */
export function* createLook(network: Network, setup: RunSetup, arena: Arena, steps: ProbeSteps): Pausable<Look> {
  const start = yield* cloneArray(arena.theta);
  return {
    ...steps,
    *read(step, theta) {
      const { gSum, probeSums: sums, losses, squares } = arena;
      const norm = gradientNorm(squares);
      // An update leaves the gradient as it used it, which after clipping is scaled.
      const gradientScale = setup.clipNorm === null ? 1 : clipScale(norm, setup.clipNorm);
      const gradient = viewOf(gSum, 0, theta.length);
      const reading = { sums, rows: rowsOf(setup, step), gradient, gradientScale, theta, start };
      const layers = yield* probeFigures(network, reading);
      const parameters = yield* cloneArray(theta);
      return { type: 'probe', step, loss: losses[0], gradientNorm: norm, layers, parameters };
    },
  };
}
