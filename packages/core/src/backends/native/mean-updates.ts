import { bytesOfElements, type Elements, elementView } from '../../math/element-type.ts';
import { FLUSH_BELOW } from '../../math/flush.ts';
import { addressOf } from '../../program/address.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { adamArguments, adamConstants } from './kernels/adam.ts';
import { halved, type RowAdds } from './row-adds.ts';

/** Most bytes of a vector. */
const VECTOR = 32;
const CONSTANTS = VECTOR * adamConstants.length;
/** Bytes of the sums of squares: four doubles. */
const SQUARES = 32;

/** Hyperparameters of both optimizers, from β₁ to ε, in the order of the constants. */
const SHARED = 7;

/** Doubles that identify the written constants: share, whether the weight decay is decoupled, hyperparameters. */
const ORIGIN = 2 + SHARED + 1;

/** Doubles of scratch for the updates, a multiple of eight. */
export const MEAN_UPDATE_SCRATCH = Math.floor((CONSTANTS + SQUARES + 8 * ORIGIN + 63) / 64) * 8;

/** Updates by the mean of gradient rows, without storing the mean. */
export type MeanUpdate = (
  square: Float64Array, // [1] out
  theta: Elements, // [n] in and out
  state: readonly Elements[], // [slots][n] in and out
  n: number,
  hyper: Float64Array, // [hyperLength]
  first: Elements, // [S, row] rows of gradients
  row: number,
  S: number,
  share: number, // 1 / the rows of the batch
) => void;

/** Mean updates that have machine code, by operation name. */
export function createMeanUpdates(
  { adam, type, arithmeticWidth: width }: CodeLayout,
  tape: CallTape,
  maskOf: (lanes: number) => number,
  rowAdds: RowAdds,
  scratch: Float64Array, // [MEAN_UPDATE_SCRATCH]
): Readonly<Record<string, MeanUpdate>> {
  const constants = addressOf(scratch);
  const squaresAt = constants + CONSTANTS;
  const squares = new Float64Array(scratch.buffer, scratch.byteOffset + CONSTANTS, SQUARES / 8);
  const lanes = elementView(type, scratch.buffer, scratch.byteOffset, width * adamConstants.length);
  const placeOf = (name: (typeof adamConstants)[number]) => width * adamConstants.indexOf(name);
  const [shareAt, beta1, weightDecay, decay] = (['share', 'beta1', 'weightDecay', 'decay'] as const).map(placeOf);
  lanes.fill(FLUSH_BELOW[type], placeOf('tiny'), placeOf('tiny') + width);
  lanes.fill(-0, placeOf('minusZero'), placeOf('minusZero') + width);

  // Lies next to the constants, so that another thread that takes over this place in a team overwrites both.
  const origin = new Float64Array(scratch.buffer, squares.byteOffset + SQUARES, ORIGIN);
  origin[0] = Number.NaN;

  /**
   * Skips constants that are already written, as most blocks have those of the previous one: a step of floats then
   * takes 0.98 of the time.
   */
  function writeConstants(share: number, hyper: Float64Array, decoupled: boolean): void {
    const kind = decoupled ? 1 : 0;
    let isSame = share === origin[0] && kind === origin[1];
    for (let h = 0; h <= SHARED && isSame; h++) isSame = hyper[h] === origin[2 + h];
    if (isSame) return;
    origin[0] = share;
    origin[1] = kind;
    for (let h = 0; h <= SHARED; h++) origin[2 + h] = hyper[h];
    for (let lane = 0; lane < width; lane++) {
      lanes[shareAt + lane] = share;
      for (let h = 0; h < SHARED; h++) lanes[beta1 + width * h + lane] = hyper[h];
      lanes[weightDecay + lane] = decoupled ? 0 : hyper[SHARED];
      lanes[decay + lane] = decoupled ? hyper[SHARED] : 1;
    }
  }

  const createUpdate = (decoupled: boolean): MeanUpdate => {
    return (square, theta, state, n, hyper, first, row, S, share) => {
      const firstAt = addressOf(first);
      let left = S;
      let next = bytesOfElements(type, row);
      for (; adam[left] === undefined; left = halved(left), next *= 2) rowAdds.addNeighbours(firstAt, next, left, n);
      writeConstants(share, hyper, decoupled);
      tape.write(
        adamArguments,
        adam[left],
        addressOf(theta),
        addressOf(state[0]),
        addressOf(state[1]),
        firstAt,
        next,
        constants,
        squaresAt,
        maskOf(n % width),
        Math.floor(n / width),
        n % width,
        lanes[weightDecay] === 0 ? 0 : 1,
      );
      tape.run();
      square[0] = squares[0] + squares[1] + (squares[2] + squares[3]);
    };
  };
  return { adamOfMean: createUpdate(false), adamwOfMean: createUpdate(true) };
}
