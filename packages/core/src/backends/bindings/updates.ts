import type { UpdateKernel } from '../../families/optimizers/optimizer.ts';
import type { Elements } from '../../math/element-type.ts';
import { viewOf } from '../../math/scratch.ts';
import { addressOf } from '../../program/address.ts';
import type { FixedCall } from '../../program/kernels.ts';
import type { averageRows } from '../../program/reference/products.ts';
import type { maxNorm } from '../../program/reference/step.ts';
import type { CodeLayout } from '../code.ts';
import { updates as table } from '../formulas/updates.ts';
import { BLOCK_ROWS } from '../kernels/max-norm.ts';
import { vectorsOfTurn } from '../kernels/update.ts';
import type { BindCall } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

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
  row: number, // distance of rows
  S: number,
  inverseCount: Float64Array, // [1] 1 / the rows of the batch
) => void;

/** The arrays that an update reads and writes. */
interface UpdateArguments {
  readonly square: Float64Array; // [1] out
  readonly arrays: readonly Elements[]; // [n] in and out
  readonly n: number;
  readonly hyper: Float64Array;
  readonly first: Elements; // [S, row] rows of gradients, of which the first n columns are read
  readonly row: number; // distance of rows
  readonly S: number;
  readonly inverseCount: Float64Array; // [1]
}

/** Makes calls of updates, of means and of updates by means, and of max-norm; null for others. */
export function createUpdates(
  layout: CodeLayout,
  { bytes, maskOf, groupsOf, sizesOf }: PanelMemory,
  scratch: Float64Array, // [UPDATE_SCRATCH]
): BindCall {
  const { updates: kernels, elementwise, width } = layout;
  const vectors = vectorsOfTurn(bytes * width);
  const noNumbers = new Float64Array(0);
  const one = Float64Array.of(1);

  function update(
    name: string,
    { square, arrays, n, hyper, first, row, S, inverseCount }: UpdateArguments,
  ): FixedCall[] {
    const firstAt = addressOf(first);
    const calls: FixedCall[] = [];
    let [rows, step] = [S, bytes * row]; // of the rows that the kernel adds
    // While no kernel adds so many rows, adds to each even row its right neighbour, if it has one, which halves them.
    for (; kernels[name][rows] === undefined; rows = (rows + 1) >> 1, step *= 2) {
      for (let at = firstAt, k = 0; k < rows >> 1; k++, at += 2 * step) {
        calls.push([elementwise.add, at, at + step, ...sizesOf(n)]);
      }
    }
    const rest = n % (vectors * width);
    calls.push([
      kernels[name][rows],
      ...arrays.map(addressOf),
      firstAt,
      step,
      addressOf(scratch),
      addressOf(square),
      maskOf(rest),
      (n - rest) / (vectors * width),
      ...Array.from({ length: vectors }, (_, k) => Math.min(Math.max(rest - k * width, 0), width)),
      inverseCount,
      ...table[name].numbers.map((_, k) => viewOf(hyper, k, 1)),
    ]);
    return calls;
  }

  function capNorms(...[W, , I, row, n, limit]: Parameters<typeof maxNorm>): FixedCall[] {
    const { kernel, vectors } = layout.maxNorm;
    const rest = I % BLOCK_ROWS;
    const rows = [I, (I - rest) / BLOCK_ROWS, rest];
    return [[kernel, addressOf(W), bytes * row, ...groupsOf(n, vectors), ...rows, limit]];
  }

  return ({ op: { name }, args }) => {
    if (name === 'averageRows') {
      const [square, g, first, S, row, n, inverseCount] = args as Parameters<typeof averageRows>;
      return update(name, { square, arrays: [g], n, hyper: noNumbers, first, row, S, inverseCount });
    }
    if (name === 'maxNorm') return capNorms(...(args as Parameters<typeof maxNorm>));
    if (Object.hasOwn(table, name)) {
      const [theta, g, state, n, hyper] = args as Parameters<UpdateKernel>;
      // S = 0: `g` is the mean itself. `averageRows` has written the squares.
      const meanArguments = { square: scratch, first: g, row: 0, S: 0, inverseCount: one };
      return update(name, { ...meanArguments, arrays: [theta, ...state], n, hyper });
    }
    const updateName = name.replace(/OfMean$/, '');
    if (updateName === name || !Object.hasOwn(table, updateName)) return null;
    const [square, theta, state, n, hyper, first, row, S, inverseCount] = args as Parameters<MeanUpdate>;
    return update(updateName, { square, arrays: [theta, ...state], n, hyper, first, row, S, inverseCount });
  };
}
