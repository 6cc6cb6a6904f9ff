import { TINY } from '../../math/flush.ts';
import { addressOf } from '../address.ts';
import type { Kernels, MeanUpdateKernel, MeanUpdates } from '../kernels.ts';
import type { CallTape } from './call-tape.ts';
import { adamConstants } from './machine-code/adam.ts';
import type { CodeLayout } from './machine-code/program.ts';

const LANES = 4;
const CONSTANTS = LANES * adamConstants.length;

/** Hyperparameters that both optimizers have, in the order of the constants: from β₁ to ε. */
const SHARED = 7;

/** Doubles of scratch that the updates take, a multiple of eight. */
export const MEAN_UPDATE_SCRATCH = Math.floor((CONSTANTS + LANES + 7) / 8) * 8;

/** Updates by the mean of rows of gradients, which is not written anywhere. */
export function createMeanUpdates(
  { adam }: CodeLayout,
  tape: CallTape,
  maskOf: (lanes: number) => number,
  averageNodes: Kernels['averageNodes'],
  scratch: Float64Array, // [MEAN_UPDATE_SCRATCH]
): MeanUpdates {
  const constants = addressOf(scratch);
  const squares = constants + 8 * CONSTANTS;
  const placeOf = (name: (typeof adamConstants)[number]) => LANES * adamConstants.indexOf(name);
  const [share, beta1, weightDecay, decay] = (['share', 'beta1', 'weightDecay', 'decay'] as const).map(placeOf);
  scratch.fill(TINY, placeOf('tiny'), placeOf('tiny') + LANES);
  scratch.fill(-0, placeOf('minusZero'), placeOf('minusZero') + LANES);

  const createUpdate = (decoupled: boolean): MeanUpdateKernel => {
    return (square, theta, g, state, n, hyper, gSum, sums, P, offset, rows) => {
      const { joins, count, step } = sums;
      const direct = joins.length === 0 && adam[count] !== undefined;
      if (!direct) averageNodes(square, g, gSum, sums, P, offset, n, rows);
      for (let lane = 0; lane < LANES; lane++) {
        scratch[share + lane] = direct ? 1 / rows : 1; // x · 1 is x
        for (let h = 0; h < SHARED; h++) scratch[beta1 + LANES * h + lane] = hyper[h];
        scratch[weightDecay + lane] = decoupled ? 0 : hyper[SHARED];
        scratch[decay + lane] = decoupled ? hyper[SHARED] : 1;
      }
      tape.adam(
        adam[direct ? count : 1],
        addressOf(theta),
        addressOf(state[0]),
        addressOf(state[1]),
        direct ? addressOf(gSum) + 8 * offset : addressOf(g),
        8 * P * step,
        n,
        maskOf(n % LANES),
        constants,
        scratch[weightDecay] === 0 ? 0 : 1,
        squares,
      );
      tape.run();
      square[0] = scratch[CONSTANTS] + scratch[CONSTANTS + 1] + (scratch[CONSTANTS + 2] + scratch[CONSTANTS + 3]);
    };
  };
  return { adam: createUpdate(false), adamw: createUpdate(true) };
}
