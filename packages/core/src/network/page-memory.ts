import { takeKernelScratch } from '../backends/played-kernels.ts';
import { unfusedKernels } from '../backends/unfused.ts';
import { hasFusedWasm } from '../backends/wasm/relaxed-simd.ts';
import { createWasmKernels } from '../backends/wasm/wasm.ts';
import { PAGE_BYTES, WasmApi, type WasmMemory, wasmProblem } from '../backends/wasm/webassembly.ts';
import { checkElements } from '../checks/check.ts';
import { type Elements, typeOf } from '../math/element-type.ts';
import { referenceKernels } from '../program/reference/reference-kernels.ts';
import { refuseBadLengths } from './lengths.ts';
import { createModelMemory } from './model-memory.ts';
import type { Network } from './network.ts';
import type { Predictor } from './predict.ts';
import { refuseBeyondFloats } from './refuse-beyond-floats.ts';

/**
 * Memory for models on any page and in Node: of WebAssembly, not shared between threads, so that pages without
 * SharedArrayBuffer have it too; else a plain buffer with plain code of the same bits.
 */
export const pageMemory = createModelMemory({
  backendOf: () => ({ name: wasmProblem() === null ? 'wasm' : 'reference' }),
  takeScratch: (_backend, products, allocate) => takeKernelScratch(products, allocate),
  createMemory({ name }, bytes, elementType) {
    const unfused = !hasFusedWasm();
    const memory = name === 'wasm' ? wasmMemory(bytes) : null;
    if (memory === null) {
      return {
        buffer: new ArrayBuffer(8 * Math.floor((bytes + 7) / 8)),
        createKernels: () => (unfused ? unfusedKernels : referenceKernels),
      };
    }
    return {
      buffer: memory.buffer,
      createKernels: (scratch) => createWasmKernels({ memory, elementType, scratch, unfused }),
    };
  },
});

/** Null if the system provides none, or for more than 32 bits address. */
function wasmMemory(bytes: number): WasmMemory<ArrayBuffer> | null {
  const pages = Math.floor((bytes + PAGE_BYTES - 1) / PAGE_BYTES);
  try {
    return new WasmApi.Memory({ initial: pages, maximum: pages, shared: false });
  } catch {
    return null;
  }
}

/**
 * Creates a function that runs rows through a network, in this thread, so that it works in a browser too:
 *
 * ```ts
 * const { spec, parameters } = JSON.parse(text);
 * const predict = createPredictor(buildNetwork(spec), Float64Array.from(parameters));
 * const y = predict(Float64Array.of(0.5, -1));
 * ```
 *
 * Outputs are logits if the loss takes logits. They have the same bits as `loadModel(...).outputs` in Node. It computes
 * in WebAssembly, or in plain JavaScript where none may be compiled.
 * @param parameters [P] from a result or model, as doubles or floats; the predictor computes in their type and copies
 * them
 * @returns a function that throws an Error if `x` is not whole rows, and an InputError if an index is outside of an
 * embedding's vocabulary
 * @throws Error if the length of `parameters` does not match the network
 */
export function createPredictor(network: Network, parameters: Elements): Predictor {
  const { length } = checkElements('createPredictor', 'parameters', parameters);
  if (length !== network.parameterCount) {
    const expected = `${network.parameterCount} (parameters of the network)`;
    throw new Error(`createPredictor: parameters has length ${length}, expected ${expected}`);
  }
  refuseBeyondFloats('createPredictor', network, null, typeOf(parameters));
  const predict = pageMemory.createPredictor(network, parameters, 'mse');
  return (x, lengths) => {
    if (checkElements('predict', 'x', x).length % network.inputs !== 0) {
      const expected = `rows of ${network.inputs} (the network's input)`;
      throw new Error(`predict: x has ${x.length} numbers, expected ${expected}`);
    }
    refuseBadLengths('predict', network, lengths, x.length / network.inputs);
    return predict(x, lengths);
  };
}
