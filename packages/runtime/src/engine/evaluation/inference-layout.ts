import { buildNetwork, createLoss, type Elements, type Predictor } from '@gradloom/core';
import {
  bytesOfElements,
  countDoubles,
  createAllocator,
  elementView,
  FLOAT64,
  PAGE_BYTES,
  type SpreadWeights,
  spreadWeights,
  TAIL_BYTES,
  type WasmMemory,
} from '@gradloom/core/internal';
import { checkMemory, type Part } from '../../system/memory/memory.ts';
import { align, maxArrayBytes, maxInsideBytes } from '../memory/arena.ts';
import { type EvaluationShape, takeEvaluationScratch } from '../memory/thread-scratch.ts';
import { specOf } from '../threads/create-team-setup.ts';
import type { InferenceSetup } from '../threads/protocol.ts';
import type { ThreadEnvironment } from '../threads/thread-environment.ts';
import { createEvaluationContext, type EvaluationContext } from './evaluation.ts';

export interface InferenceOptions extends EvaluationShape {
  readonly threads: number;
}

/** The arrays for evaluating a model. */
export interface InferenceArrays {
  readonly theta: Elements; // [length of `weights`]
  readonly weights: SpreadWeights;
  readonly scratch: readonly Float64Array[]; // [threads][*], private to each thread
}

/** The layout of these arrays in memory. It depends only on its options, so every thread finds the same offsets. */
export interface InferenceLayout {
  readonly bytes: number;
  readonly outside: readonly []; // everything lies in the memory
  readonly parts: readonly Part[];
  bind(memory: WasmMemory): InferenceArrays;
}

/** @throws OptionError with the size of each part if it exceeds what the kernels can address. */
export function planInference(options: InferenceOptions, scratchLength = countScratch(options)): InferenceLayout {
  const { network, elementType, backend, threads } = options;
  const weights = spreadWeights(network, elementType);
  const weightBytes = align(bytesOfElements(elementType, weights.length));
  const threadBytes = align(bytesOfElements(FLOAT64, scratchLength));
  const end = weightBytes + threads * threadBytes;
  const bytes = Math.ceil((end + TAIL_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  const activations = `activations of ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const parts = [
    { name: 'parameters', bytes: weightBytes },
    { name: activations, bytes: threads * threadBytes, option: 'threads' },
    { name: 'tables of the kernels', bytes: bytes - weightBytes - threads * threadBytes },
  ];
  checkMemory(parts, { bytes: maxInsideBytes(backend), bound: 'the address space of the kernels' });
  checkMemory([parts[0]], { bytes: maxArrayBytes(elementType), bound: 'the longest array of Node 20' });
  return {
    bytes,
    outside: [],
    parts,
    bind({ buffer }) {
      if (buffer.byteLength !== bytes) {
        throw new Error(`planInference: memory has ${buffer.byteLength} bytes, expected ${bytes} (the plan's)`);
      }
      return {
        theta: elementView(elementType, buffer, 0, weights.length),
        weights,
        scratch: Array.from({ length: threads }, (_, t) =>
          elementView(FLOAT64, buffer, weightBytes + t * threadBytes, scratchLength),
        ),
      };
    },
  };
}

/** A thread's view of a model that is evaluated without a run. */
export interface InferenceContext extends EvaluationContext {
  readonly setup: InferenceSetup;
  predictor?: Predictor; // computes outputs without losses; created at its first use
}

/** Creates the context of thread `thread`. */
export function createInferenceContext(
  setup: InferenceSetup,
  thread: number,
  environment: ThreadEnvironment,
): InferenceContext {
  const customParts = environment.partsOf(setup);
  const network = buildNetwork(specOf(setup.spec), customParts);
  const loss = createLoss(setup.loss, customParts);
  const { elementType, threads } = setup;
  const shape = { network, loss, elementType, backend: setup.backend.name };
  const { theta, weights, scratch } = planInference({ ...shape, threads }).bind(setup.memory);
  const scratchOfThread = takeEvaluationScratch(
    shape,
    createAllocator('createInferenceContext', scratch[thread], elementType),
  );
  return createEvaluationContext(setup, network, loss, weights.bind(theta), scratchOfThread, environment);
}

/** Doubles of one thread's scratch, whatever the number of threads. Counting takes as long as the rest of planning. */
export const countScratch = (shape: EvaluationShape): number =>
  countDoubles((allocate) => takeEvaluationScratch(shape, allocate), shape.elementType);
