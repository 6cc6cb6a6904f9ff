import { addressOf } from './address.ts';
import type { FastKernels } from './kernels.ts';

/** The updates as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmUpdateExports {
  sgd(theta: number, g: number, n: number, hyper: number): void;
  sgdMomentum(theta: number, g: number, m: number, n: number, hyper: number): void;
  adam(theta: number, g: number, m: number, v: number, n: number, hyper: number): void;
  adamw(theta: number, g: number, m: number, v: number, n: number, hyper: number): void;
}

/** Fast updates, each equal to its optimizer's own; `hyper` is laid out as the optimizer writes it. */
export function createWasmUpdates(wasm: WasmUpdateExports): FastKernels['updates'] {
  return {
    sgd(theta, g, state, n, hyper) {
      if (state.length === 0) wasm.sgd(addressOf(theta), addressOf(g), n, addressOf(hyper));
      else wasm.sgdMomentum(addressOf(theta), addressOf(g), addressOf(state[0]), n, addressOf(hyper));
    },
    adam: (theta, g, state, n, hyper) =>
      wasm.adam(addressOf(theta), addressOf(g), addressOf(state[0]), addressOf(state[1]), n, addressOf(hyper)),
    adamw: (theta, g, state, n, hyper) =>
      wasm.adamw(addressOf(theta), addressOf(g), addressOf(state[0]), addressOf(state[1]), n, addressOf(hyper)),
  };
}
