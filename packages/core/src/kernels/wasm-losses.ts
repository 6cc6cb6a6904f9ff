import type { LossKernel } from '../losses/loss.ts';
import { addressOf } from './address.ts';
import type { FastKernels } from './kernels.ts';

type Loss = (lossSums: number, dy: number, y: number, t: number, B: number, leaf: number, O: number) => void;

/** The losses as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmLossExports {
  readonly softmaxCrossEntropy: Loss;
  readonly mse: Loss;
}

/** Fast losses, each equal to the loss's own plain code. */
export function createWasmLosses(wasm: WasmLossExports): FastKernels['losses'] {
  const kernel = (loss: Loss): LossKernel => {
    return (lossSums, dy, y, t, B, leaf, O) =>
      loss(addressOf(lossSums), addressOf(dy), addressOf(y), addressOf(t), B, leaf, O);
  };
  return { mse: kernel(wasm.mse), 'softmax-cross-entropy': kernel(wasm.softmaxCrossEntropy) };
}
