import type { FastKernels } from './kernels.ts';

/** The updates as assembly/ exports them; arrays are byte offsets into the memory. */
export interface WasmUpdateExports {
  sgd(theta: number, g: number, n: number, lr: number, weightDecay: number): void;
  sgdMomentum(
    theta: number,
    g: number,
    m: number,
    n: number,
    lr: number,
    momentum: number,
    nesterov: number,
    weightDecay: number,
  ): void;
  adam(
    theta: number,
    g: number,
    m: number,
    v: number,
    n: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    stepSize: number,
    invRootC2: number,
    epsilon: number,
    weightDecay: number,
    decay: number,
  ): void;
}

/** Fast updates, each equal to its optimizer's own; `hyper` is read here, so that assembly takes scalars alone. */
export function createWasmUpdates(wasm: WasmUpdateExports): FastKernels['updates'] {
  const moments = (
    theta: Float64Array,
    g: Float64Array,
    state: readonly Float64Array[],
    n: number,
    hyper: Float64Array,
    weightDecay: number,
    decay: number,
  ): void =>
    wasm.adam(
      theta.byteOffset,
      g.byteOffset,
      state[0].byteOffset,
      state[1].byteOffset,
      n,
      hyper[0],
      hyper[1],
      hyper[2],
      hyper[3],
      hyper[4],
      hyper[5],
      hyper[6],
      weightDecay,
      decay,
    );
  return {
    sgd(theta, g, state, n, hyper) {
      if (state.length === 0) wasm.sgd(theta.byteOffset, g.byteOffset, n, hyper[0], hyper[3]);
      else {
        const m = state[0].byteOffset;
        wasm.sgdMomentum(theta.byteOffset, g.byteOffset, m, n, hyper[0], hyper[1], hyper[2], hyper[3]);
      }
    },
    adam: (theta, g, state, n, hyper) => moments(theta, g, state, n, hyper, hyper[7], 1),
    adamw: (theta, g, state, n, hyper) => moments(theta, g, state, n, hyper, 0, hyper[7]),
  };
}
