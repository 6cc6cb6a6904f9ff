import { TINY } from '../../math/flush.ts';
import { addressOf } from '../address.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { adamArguments, adamConstants } from './kernels/adam.ts';
import { halved, type RowAdds } from './row-adds.ts';

const LANES = 4;
const CONSTANTS = LANES * adamConstants.length;

/** Hyperparameters that both optimizers have, in the order of the constants: from β₁ to ε. */
const SHARED = 7;

/** Doubles of scratch that the updates take, a multiple of eight. */
export const MEAN_UPDATE_SCRATCH = Math.floor((CONSTANTS + LANES + 7) / 8) * 8;

/** Rows of gradients and the update by their mean, which is not written anywhere. */
export type MeanUpdate = (
  square: Float64Array, // [1] out
  theta: Float64Array, // [n] in and out
  state: readonly Float64Array[], // [slots][n] in and out
  n: number,
  hyper: Float64Array, // [hyperLength]
  first: Float64Array, // [S, row] rows of gradients
  row: number,
  S: number,
  share: number, // 1 / the rows of the batch
) => void;

/** The updates by a mean that machine code has, by the name of the operation. */
export function createMeanUpdates(
  { adam }: CodeLayout,
  tape: CallTape,
  maskOf: (lanes: number) => number,
  rowAdds: RowAdds,
  scratch: Float64Array, // [MEAN_UPDATE_SCRATCH]
): Readonly<Record<string, MeanUpdate>> {
  const constants = addressOf(scratch);
  const squares = constants + 8 * CONSTANTS;
  const placeOf = (name: (typeof adamConstants)[number]) => LANES * adamConstants.indexOf(name);
  const [shareAt, beta1, weightDecay, decay] = (['share', 'beta1', 'weightDecay', 'decay'] as const).map(placeOf);
  scratch.fill(TINY, placeOf('tiny'), placeOf('tiny') + LANES);
  scratch.fill(-0, placeOf('minusZero'), placeOf('minusZero') + LANES);

  const createUpdate = (decoupled: boolean): MeanUpdate => {
    return (square, theta, state, n, hyper, first, row, S, share) => {
      const firstAt = addressOf(first);
      let left = S;
      let next = 8 * row;
      for (; adam[left] === undefined; left = halved(left), next *= 2) rowAdds.addNeighbours(firstAt, next, left, n);
      for (let lane = 0; lane < LANES; lane++) {
        scratch[shareAt + lane] = share;
        for (let h = 0; h < SHARED; h++) scratch[beta1 + LANES * h + lane] = hyper[h];
        scratch[weightDecay + lane] = decoupled ? 0 : hyper[SHARED];
        scratch[decay + lane] = decoupled ? hyper[SHARED] : 1;
      }
      tape.write(
        adamArguments,
        adam[left],
        addressOf(theta),
        addressOf(state[0]),
        addressOf(state[1]),
        firstAt,
        next,
        constants,
        squares,
        maskOf(n % LANES),
        n >>> 2,
        n & 3,
        scratch[weightDecay] === 0 ? 0 : 1,
      );
      tape.run();
      square[0] = scratch[CONSTANTS] + scratch[CONSTANTS + 1] + (scratch[CONSTANTS + 2] + scratch[CONSTANTS + 3]);
    };
  };
  return { adamOfMean: createUpdate(false), adamwOfMean: createUpdate(true) };
}
