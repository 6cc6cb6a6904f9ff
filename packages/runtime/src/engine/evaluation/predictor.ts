import type { Elements, ElementType, LossSpec, Network, ProductShape } from '@gradloom/core';
import {
  type AttentionWeights,
  createInputGradient,
  createModelMemory,
  forContinuation,
  hasNativeProducts,
  INPUT_GRADIENT,
  type InputGradient,
  MAX_BYTES,
  maxPassRows,
  rowAttention,
  TAIL_BYTES,
  typeOf,
  wasmProblem,
} from '@gradloom/core/internal';
import { checkMemory, type MemoryRoom } from '../../system/memory/memory.ts';
import { memoryRoom } from '../../system/memory/memory-room.ts';
import { allocatePrivateMemory } from '../../system/memory/shared-memory.ts';
import { type Backend, compileFor, createBackendKernels, isFused, wasmBackend } from '../backends/backend.ts';
import { machineCode } from '../backends/native/machine-code.ts';
import { takeKernelScratch } from '../memory/thread-scratch.ts';

/** Maximum memory that a model may take. */
export const addressable: MemoryRoom = { bytes: MAX_BYTES - TAIL_BYTES, bound: 'what WebAssembly can address' };

/** The fastest backend here for the answers of a network. All fused backends give the same bits. */
export function inferenceBackend(products: readonly ProductShape[], type: ElementType): Backend {
  const wasm = wasmBackend();
  if (isFused(wasm) && !hasNativeProducts(products)) return wasm;
  if (machineCode(type).code !== null) return { name: 'native' };
  return wasmProblem() === null ? wasm : { name: 'reference', unfused: true };
}

const { placeModel, ...functions } = createModelMemory<Backend>({
  backendOf: inferenceBackend,
  takeScratch: ({ name }, products, allocate) => takeKernelScratch(products, name, allocate),
  checkMemory(parts) {
    checkMemory(parts, addressable);
    checkMemory(parts, memoryRoom());
  },
  createMemory(backend, bytes, type) {
    const memory = allocatePrivateMemory(bytes, wasmProblem() === null ? backend.name : 'reference');
    const compiledBackend = compileFor(backend, type);
    return {
      buffer: memory.buffer,
      createKernels: (scratch) => createBackendKernels(backend, { ...compiledBackend, memory, scratch }),
    };
  },
});

/** Functions of models in the memory of this thread. */
export const { createPredictor, createContinuation, createLiveContinuation, continuationBytes } = functions;

/** The attention weights of all self-attention layers over the first tokens of a row, computed in this thread. */
export const attentionOver = (
  network: Network, // a model that predicts the next token
  parameters: Elements, // [P]
  loss: LossSpec,
  tokens: ArrayLike<number>,
): AttentionWeights[] =>
  placeModel(
    network,
    parameters,
    loss,
    forContinuation(network),
    ({ workspace, tensors, scratch, kernels }) =>
      () =>
        rowAttention(network, workspace, scratch, tensors, kernels, tokens),
  )();

/** Creates a function that computes gradients by inputs in this thread, with the same bits on every machine. */
export const createInputGradients = (
  network: Network,
  parameters: Elements, // [P]
  loss: LossSpec,
): InputGradient =>
  placeModel(
    network,
    parameters,
    loss,
    { rows: maxPassRows(network, typeOf(parameters)), memory: INPUT_GRADIENT },
    ({ workspace, tensors, kernels }) => createInputGradient(network, workspace, tensors, kernels),
  );
