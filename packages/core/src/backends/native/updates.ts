import type { UpdateKernel } from '../../families/optimizers/optimizer.ts';
import { bytesOfElements, type Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { maxNorm } from '../../program/reference/max-norm.ts';
import type { averageRows } from '../../program/reference/products.ts';
import type { BindCall, CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { MIN_OPERATIONS } from './elementwise.ts';
import { updates as table } from './formulas/updates.ts';
import { CALL_DOUBLES } from './isa/arguments.ts';
import { vectorsOfTurn } from './kernels/update.ts';
import { groupsOf } from './matrices/matrices.ts';
import { halved, type RowAdds } from './row-adds.ts';

/** Doubles of scratch for the sums of squares. */
export const UPDATE_SCRATCH = 4;

/** Updates by the mean of gradient rows, without storing the mean. */
type MeanUpdate = (
  square: Float64Array, // [1] out
  theta: Elements, // [n] in and out
  state: readonly Elements[], // [slots][n] in and out
  n: number,
  hyper: Float64Array, // [hyperLength]
  first: Elements, // [S, row] rows of gradients
  row: number,
  S: number,
  share: Float64Array, // [1] 1 / the rows of the batch
) => void;

/** The arrays that an update reads and writes. */
interface Parts {
  readonly square: Float64Array; // [1] out
  readonly arrays: readonly Elements[]; // [n] in and out
  readonly n: number;
  readonly hyper: Float64Array;
  readonly first: Elements; // [S, row] rows of gradients
  readonly row: number;
  readonly S: number;
  readonly share: Float64Array; // [1]
}

/** Makes calls of updates, of means and of updates by means; null for others, and for few parameters. */
export function createUpdates(
  layout: CodeLayout,
  play: (call: Float64Array) => void,
  tape: CallTape,
  maskOf: (lanes: number) => number,
  rowAdds: RowAdds,
  scratch: Float64Array, // [UPDATE_SCRATCH]
): BindCall {
  const { updates: kernels, type, width } = layout;
  const bytes = bytesOfElements(type, 1);
  const vectors = vectorsOfTurn(bytes * width);
  const spare = new Float64Array(1); // receives a sum of squares that `averageRows` has already noted
  const nothing = new Float64Array(0);
  const whole = Float64Array.of(1);

  function bindParts(name: string, { square, arrays, n, hyper, first, row, S, share }: Parts): (() => void) | null {
    const { numbers, undecayed } = table[name];
    const kernel = kernels[name];
    if (n * kernel[1].steps < MIN_OPERATIONS) return null;
    const firstAt = addressOf(first);
    let [left, step] = [S, bytes * row]; // of the rows that the kernel adds
    for (; kernel[left] === undefined; left = halved(left)) step *= 2;
    const rest = n % (vectors * width);
    const values = [
      ...arrays.map(addressOf),
      ...[firstAt, step, addressOf(scratch), maskOf(rest), (n - rest) / (vectors * width)],
      ...Array.from({ length: vectors }, (_, k) => Math.min(Math.max(rest - k * width, 0), width)),
      share[0],
    ];
    const call = new Float64Array(CALL_DOUBLES);
    call.set(values, 1);
    const numbersAt = 1 + values.length;
    const shareAt = numbersAt - 1;
    const last = numbersAt + numbers.length - 1;
    return () => {
      for (let [rows, apart] = [S, bytes * row]; rows > left; rows = halved(rows), apart *= 2) {
        rowAdds.addNeighbours(firstAt, apart, rows, n);
      }
      tape.run();
      call[shareAt] = share[0];
      for (let k = 0; k < numbers.length; k++) call[numbersAt + k] = hyper[k];
      const decays = undecayed === undefined || call[last] !== 0;
      if (!decays) call[last] = 1;
      call[0] = (decays ? kernel : kernels[undecayed])[left].place;
      play(call);
      square[0] = scratch[0] + scratch[1] + (scratch[2] + scratch[3]);
    };
  }

  function bindMaxNorm(...[W, , I, row, n, limit]: Parameters<typeof maxNorm>): (() => void) | null {
    const { place, steps, vectors } = layout.maxNorm;
    // Where rows are shorter than a vector, loads wait for the store of the row before. WebAssembly has short vectors.
    if (I * n * steps < MIN_OPERATIONS || row < width) return null;
    const call = new Float64Array(CALL_DOUBLES);
    call.set([place, addressOf(W), bytes * row, ...groupsOf(n, vectors, width, maskOf), I, limit]);
    return () => play(call);
  }

  return ({ op: { name }, args }) => {
    if (name === 'averageRows') {
      const [square, g, first, S, row, n, share] = args as Parameters<typeof averageRows>;
      return bindParts(name, { square, arrays: [g], n, hyper: nothing, first, row, S, share });
    }
    if (name === 'maxNorm') return bindMaxNorm(...(args as Parameters<typeof maxNorm>));
    if (Object.hasOwn(table, name)) {
      const [theta, g, state, n, hyper] = args as Parameters<UpdateKernel>;
      const alone = { square: spare, first: g, row: 0, S: 0, share: whole };
      return bindParts(name, { ...alone, arrays: [theta, ...state], n, hyper });
    }
    const own = name.replace(/OfMean$/, '');
    if (own === name || !Object.hasOwn(table, own)) return null;
    const [square, theta, state, n, hyper, first, row, S, share] = args as Parameters<MeanUpdate>;
    return bindParts(own, { square, arrays: [theta, ...state], n, hyper, first, row, S, share });
  };
}
