import { TINY } from '../../math/flush.ts';
import { addressOf } from '../address.ts';
import type { MeanUpdateKernel, MeanUpdates } from '../kernels.ts';
import type { CallTape } from './call-tape.ts';
import { adamConstants } from './machine-code/adam.ts';
import type { CodeLayout } from './machine-code/program.ts';
import { halved, type RowAdds } from './row-adds.ts';

const LANES = 4;
const CONSTANTS = LANES * adamConstants.length;

/** Hyperparameters that both optimizers have, in the order of the constants: from β₁ to ε. */
const SHARED = 7;

/** Doubles of scratch that the updates take, a multiple of eight. */
export const MEAN_UPDATE_SCRATCH = Math.floor((CONSTANTS + LANES + 7) / 8) * 8;

/** Those of both optimizers. */
export type AdamUpdates = Required<Pick<MeanUpdates, 'adam' | 'adamw'>>;

/** Updates by the mean of rows of gradients, which is not written anywhere. */
export function createMeanUpdates(
  { adam }: CodeLayout,
  tape: CallTape,
  maskOf: (lanes: number) => number,
  rowAdds: RowAdds,
  scratch: Float64Array, // [MEAN_UPDATE_SCRATCH]
): AdamUpdates {
  const constants = addressOf(scratch);
  const squares = constants + 8 * CONSTANTS;
  const placeOf = (name: (typeof adamConstants)[number]) => LANES * adamConstants.indexOf(name);
  const [share, beta1, weightDecay, decay] = (['share', 'beta1', 'weightDecay', 'decay'] as const).map(placeOf);
  scratch.fill(TINY, placeOf('tiny'), placeOf('tiny') + LANES);
  scratch.fill(-0, placeOf('minusZero'), placeOf('minusZero') + LANES);

  const createUpdate = (decoupled: boolean): MeanUpdateKernel => {
    return (square, theta, _g, state, n, hyper, gSum, { joins, count, step }, P, offset, rows) => {
      const first = addressOf(gSum) + 8 * offset;
      rowAdds.join(joins, first, 8 * P, n);
      let left = count;
      let next = 8 * P * step;
      for (; adam[left] === undefined; left = halved(left), next *= 2) rowAdds.addNeighbours(first, next, left, n);
      for (let lane = 0; lane < LANES; lane++) {
        scratch[share + lane] = 1 / rows;
        for (let h = 0; h < SHARED; h++) scratch[beta1 + LANES * h + lane] = hyper[h];
        scratch[weightDecay + lane] = decoupled ? 0 : hyper[SHARED];
        scratch[decay + lane] = decoupled ? hyper[SHARED] : 1;
      }
      tape.adam(
        adam[left],
        addressOf(theta),
        addressOf(state[0]),
        addressOf(state[1]),
        first,
        next,
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
