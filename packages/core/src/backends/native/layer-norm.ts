import { bytesOfElements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { layerNormBackwardInput, layerNormForward } from '../../program/reference/index.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { MIN_OPERATIONS } from './elementwise.ts';
import type { RowFormulaName } from './formulas/norms.ts';
import { ROWS } from './kernels/row-sums.ts';
import { type BindCall, groupsOf } from './matrices.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Bytes of rows that are summed before they are scaled, so that they are in the first-level cache by then. */
const CHUNK_BYTES = 16_384;
/** Most rows of a chunk. */
const MOST_ROWS = 256;

/** Doubles of scratch for two sums of each row. */
export const LAYER_NORM_SCRATCH = 2 * (MOST_ROWS + ROWS);

/** An operation of layer-norm: sums of four rows at a time, and a formula that reads them. */
interface RowOperation {
  readonly formula: RowFormulaName;
  readonly B: number;
  readonly size: number;
  /** Arguments of the sums of some rows from row n on, which are row k and following of their chunk. */
  sums(n: number, k: number): readonly number[];
  /** Numbers of the call, which end these arguments. */
  readonly numbers: readonly number[];
  /** Arrays of the formula from row n on, the first of its chunk. */
  arrays(n: number): readonly number[];
}

/** Makes calls of layer-norm for rows whose numbers fill four lanes. */
export function createLayerNorm(
  { type, width, rowSums, rowFormulas }: CodeLayout,
  tape: CallTape,
  { maskOf }: Pick<PanelMemory, 'maskOf'>,
  scratch: Float64Array, // [LAYER_NORM_SCRATCH]
): BindCall {
  const bytes = bytesOfElements(type, 1);
  const meanGs = addressOf(scratch);
  const slopes = meanGs + bytes * (MOST_ROWS + ROWS);

  function forward(...args: Parameters<typeof layerNormForward>): RowOperation {
    const [B, size, epsilon] = args.slice(6) as number[];
    const [y, means, scales, x, gamma, beta] = args.slice(0, 6).map((array) => addressOf(array as Float64Array));
    const row = bytes * size;
    return {
      ...{ formula: 'layerNormForward', B, size, numbers: [size, epsilon, 1] },
      sums: (n) => [means + bytes * n, scales + bytes * n, x + row * n],
      arrays: (n) => [x + row * n, gamma, beta, means + bytes * n, scales + bytes * n, y + row * n],
    };
  }

  function backwardInput(...args: Parameters<typeof layerNormBackwardInput>): RowOperation {
    const [B, size] = args.slice(7) as number[];
    const [dx, , dy, x, means, scales, gamma] = args.slice(0, 7).map((array) => addressOf(array as Float64Array));
    const row = bytes * size;
    const inputs = (n: number) => [dy + row * n, x + row * n];
    const known = (n: number) => [means + bytes * n, scales + bytes * n];
    return {
      ...{ formula: 'layerNormBackwardInput', B, size, numbers: [size] },
      sums: (n, k) => [meanGs + bytes * k, slopes + bytes * k, ...inputs(n), ...known(n), gamma],
      arrays: (n) => [...inputs(n), gamma, ...known(n), meanGs, slopes, dx + row * n],
    };
  }

  /** Sums a chunk of rows, scales them, and so on. */
  function inChunks({ formula, B, size, sums, numbers, arrays }: RowOperation): (() => void) | null {
    const { place, steps, vectors } = rowFormulas[formula];
    if (B < ROWS || size % ROWS !== 0 || 2 * B * size * steps < MIN_OPERATIONS) return null;
    const row = bytes * size;
    const most = Math.min(MOST_ROWS, Math.max(ROWS, Math.floor(CHUNK_BYTES / row / ROWS) * ROWS));
    const groups = groupsOf(size, vectors, width, maskOf);
    const calls: (readonly [place: number, values: Float64Array])[] = [];
    const sum = (n: number, k: number, blocks: number) =>
      calls.push([rowSums[formula], Float64Array.of(...sums(n + k, k), row, blocks, size / ROWS, ...numbers)]);
    for (let n = 0; n < B; ) {
      const rows = B - n < most + ROWS ? B - n : most; // at least four
      sum(n, 0, Math.floor(rows / ROWS));
      if (rows % ROWS > 0) sum(n, rows - ROWS, 1); // some rows once more
      calls.push([place, Float64Array.of(...arrays(n), ...groups, rows, row)]);
      n += rows;
    }
    return () => {
      for (let k = 0; k < calls.length; k++) tape.writeAll(calls[k][0], calls[k][1]);
      tape.run();
    };
  }

  return ({ op, args }) => {
    // The casts are safe: `emit` has checked the types of the arguments.
    if (op.name === 'layerNormForward') return inChunks(forward(...(args as Parameters<typeof layerNormForward>)));
    if (op.name !== 'layerNormBackwardInput') return null;
    return inChunks(backwardInput(...(args as Parameters<typeof layerNormBackwardInput>)));
  };
}
