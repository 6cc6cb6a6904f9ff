import { addressOf } from './address.ts';
import type { FastKernels } from './kernels.ts';

/** The losses as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmLossExports {
  softmaxCrossEntropy(lossSum: number, dy: number, y: number, t: number, B: number, O: number): void;
}

/** Fast losses, each equal to the loss's own plain code. */
export function createWasmLosses(wasm: WasmLossExports): FastKernels['losses'] {
  return {
    'softmax-cross-entropy': (lossSum, dy, y, t, B, O) =>
      wasm.softmaxCrossEntropy(addressOf(lossSum), addressOf(dy), addressOf(y), addressOf(t), B, O),
  };
}
