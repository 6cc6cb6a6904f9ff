import { addressOf } from './address.ts';
import type { ActivationKernel, FastKernels } from './kernels.ts';

type Forward = (a: number, z: number, n: number) => void;
type Backward = (dz: number, da: number, za: number, n: number) => void;

/** The activations as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmActivationExports {
  readonly reluForward: Forward;
  readonly reluBackward: Backward;
  readonly sigmoidForward: Forward;
  readonly sigmoidBackward: Backward;
  readonly tanhForward: Forward;
  readonly tanhBackward: Backward;
  readonly geluForward: Forward;
  readonly geluBackward: Backward;
}

/** Fast activations, each equal to the plain loop over its scalar pair. None of them has an alpha. */
export function createWasmActivations(wasm: WasmActivationExports): FastKernels['activations'] {
  const kernel = (forward: Forward, backward: Backward): ActivationKernel => ({
    forward: (a, z, n) => forward(addressOf(a), addressOf(z), n),
    backward: (dz, da, za, n) => backward(addressOf(dz), addressOf(da), addressOf(za), n),
  });
  return {
    relu: kernel(wasm.reluForward, wasm.reluBackward),
    sigmoid: kernel(wasm.sigmoidForward, wasm.sigmoidBackward),
    tanh: kernel(wasm.tanhForward, wasm.tanhBackward),
    gelu: kernel(wasm.geluForward, wasm.geluBackward),
  };
}
