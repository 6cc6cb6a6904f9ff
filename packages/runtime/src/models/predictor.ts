import { type Allocate, createLoss, type Elements, type LossSpec, type Network, type Predictor } from '@gradloom/core';
import {
  bindTensors,
  bytesOfElements,
  countDoubles,
  createAllocator,
  createWorkspace,
  rowPredictor,
  typeOf,
} from '@gradloom/core/internal';
import { EVALUATION_ROWS, takeKernelScratch } from '../engine/memory/thread-scratch.ts';
import { checkMemory } from '../system/memory/memory.ts';
import { memoryRoom } from '../system/memory/memory-room.ts';
import { MOST_BYTES, PAGE } from '../system/memory/pages.ts';
import { inferenceBackend, inferenceMemory } from './inference-memory.ts';

/**
 * Creates a predictor with a copy of the parameters [P], without native code: the same bits on every machine, with or
 * without SIMD. It shares memory with other models of the thread, and copies its weights there again if another model
 * has computed since, which takes as long as predicting a few rows.
 * @throws Error if the model does not fit into memory.
 */
export function createPredictor(
  network: Network,
  parameters: Elements, // [P]
  lossSpec: LossSpec,
): Predictor {
  const loss = createLoss(lossSpec, network.own);
  const type = typeOf(parameters);
  const { name } = inferenceBackend();
  const takeArrays = (allocate: Allocate) => ({
    scratch: takeKernelScratch(network.products, name, allocate), // first in memory, where the kernels expect it
    theta: allocate(network.parameterCount),
    workspace: createWorkspace(network, loss, EVALUATION_ROWS, allocate),
  });
  const length = countDoubles(takeArrays, type);
  const weights = bytesOfElements(type, parameters.length);
  const parts = [
    { name: 'parameters', bytes: weights },
    { name: 'activations', bytes: 8 * length - weights },
  ];
  // Minus one page for the constants of the kernels.
  checkMemory(parts, { bytes: MOST_BYTES - PAGE, bound: 'what WebAssembly can address' });
  checkMemory(parts, memoryRoom());
  const memory = inferenceMemory(length, type);
  const { theta, workspace } = takeArrays(createAllocator('createPredictor', memory.doubles, type));
  const tensors = bindTensors(network, theta);
  theta.set(parameters);
  const predict = rowPredictor(network, workspace, tensors, memory.kernels);
  const tenant = {};
  memory.tenant = tenant;
  const kept = memory.isShared ? parameters.slice() : theta;
  return (x) => {
    if (memory.tenant !== tenant) {
      theta.set(kept);
      memory.tenant = tenant;
    }
    return predict(x);
  };
}
