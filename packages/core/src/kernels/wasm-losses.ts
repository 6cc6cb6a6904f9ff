import type { FastKernels } from './kernels.ts';

/** The losses as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmLossExports {
  softmaxCrossEntropy(dy: number, y: number, t: number, B: number, O: number): number;
}

/** Fast losses, each equal to the loss's own plain code. */
export function createWasmLosses(wasm: WasmLossExports): FastKernels['losses'] {
  return {
    'softmax-cross-entropy': (dy, y, t, B, O) =>
      wasm.softmaxCrossEntropy(dy.byteOffset, y.byteOffset, t.byteOffset, B, O),
  };
}
