import { addressOf } from './address.ts';
import type { Kernels, MeanUpdateKernel, MeanUpdates } from './kernels.ts';

/** The updates by a mean as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmMeanUpdateExports {
  adamOfMean: WasmMeanUpdate;
  adamwOfMean: WasmMeanUpdate;
}

type WasmMeanUpdate = (
  square: number,
  theta: number,
  m: number,
  v: number,
  n: number,
  hyper: number,
  rows: number,
  row: number,
  S: number,
  factor: number,
) => void;

/** Updates by the mean of 1, 2 or 4 rows of gradients in one pass; of more rows it is written first. */
export function createWasmMeanUpdates(wasm: WasmMeanUpdateExports, averageNodes: Kernels['averageNodes']): MeanUpdates {
  const createUpdate = (update: WasmMeanUpdate): MeanUpdateKernel => {
    return (square, theta, g, state, n, hyper, gSum, sums, P, offset, rows) => {
      const { joins, count, step } = sums;
      const direct = joins.length === 0 && (count === 1 || count === 2 || count === 4);
      if (!direct) averageNodes(square, g, gSum, sums, P, offset, n, rows);
      update(
        addressOf(square),
        addressOf(theta),
        addressOf(state[0]),
        addressOf(state[1]),
        n,
        addressOf(hyper),
        direct ? addressOf(gSum) + 8 * offset : addressOf(g),
        8 * P * step,
        direct ? count : 1,
        direct ? 1 / rows : 1, // x · 1 is x
      );
    };
  };
  return { adam: createUpdate(wasm.adamOfMean), adamw: createUpdate(wasm.adamwOfMean) };
}
