import {
  type Allocate,
  createLoss,
  type Elements,
  type ElementType,
  type Kernels,
  type Loss,
  type LossSpec,
  type Network,
  type Predictor,
} from '@gradloom/core';
import {
  type AttentionWeights,
  bindGradients,
  bindTensors,
  bytesOfElements,
  type Continuation,
  countDoubles,
  createAllocator,
  createInputGradient,
  createWorkspace,
  gradientLength,
  hasFusedWasm,
  type InputGradient,
  mostPassRows,
  rowAttention,
  rowContinuation,
  rowPredictor,
  type Tensors,
  typeOf,
  type Workspace,
  wasmProblem,
} from '@gradloom/core/internal';
import { checkMemory, type MemoryRoom } from '../../system/memory/memory.ts';
import { memoryRoom } from '../../system/memory/memory-room.ts';
import { BEYOND, MOST_BYTES } from '../../system/memory/pages.ts';
import { allocateSharedMemory } from '../../system/memory/shared-memory.ts';
import { type Backend, compileFor, createBackendKernels } from '../backends/backend.ts';
import { machineCode } from '../backends/native/machine-code.ts';
import { takeKernelScratch } from '../memory/thread-scratch.ts';

/**
 * Creates a predictor with a copy of the parameters [P], without native code: the same bits on every machine, with or
 * without SIMD. It shares memory with other models of the thread, and copies its weights there again if another model
 * has computed since, which takes as long as predicting a few rows.
 * @throws Error if the model does not fit into memory.
 */
export const createPredictor = (
  network: Network,
  parameters: Elements, // [P]
  loss: LossSpec,
): Predictor =>
  inMemory(
    network,
    parameters,
    loss,
    { rows: mostPassRows(network, typeOf(parameters)) },
    ({ workspace, tensors, kernels }) => rowPredictor(network, workspace, tensors, kernels),
  );

/** Creates a continuation in the same memory, with the same bits everywhere. */
export const createContinuation = (
  network: Network,
  parameters: Elements, // [P]
  loss: LossSpec,
): Continuation => continuationIn(network, parameters, loss, false).next;

/** A continuation of weights that training changes: `renew` makes it read them anew. */
export interface LiveContinuation {
  readonly next: Continuation;
  renew(): void;
}

/** Creates a continuation in the same memory that does not keep a copy of the parameters. */
export const createLiveContinuation = (
  network: Network,
  parameters: Elements, // [P]
  loss: LossSpec,
): LiveContinuation => continuationIn(network, parameters, loss, true);

const forContinuation = ({ inputs }: Network): Needs => ({ rows: 1, spareLength: inputs });

/** Bytes that a continuation takes. */
export const continuationBytes = (network: Network, loss: Loss, type: ElementType): number =>
  8 * countDoubles(arraysFor(network, loss, type, forContinuation(network)), type);

function continuationIn(network: Network, parameters: Elements, loss: LossSpec, isLive: boolean): LiveContinuation {
  let renew = (): void => {};
  const next = inMemory(network, parameters, loss, { ...forContinuation(network), isLive }, (resident) => {
    const { workspace, tensors, spare, kernels } = resident;
    const next = rowContinuation(network, workspace, spare, tensors, kernels);
    let moves = resident.moves();
    renew = resident.renew;
    return (tokens: ArrayLike<number>) => {
      if (moves !== resident.moves()) next.forget();
      moves = resident.moves();
      return next(tokens);
    };
  });
  return { next, renew };
}

/** The weights of all self-attention over the first tokens of a row, in the same memory. */
export const attentionOver = (
  network: Network, // one that can go on by further tokens
  parameters: Elements, // [P]
  loss: LossSpec,
  tokens: ArrayLike<number>,
): AttentionWeights[] =>
  inMemory(
    network,
    parameters,
    loss,
    forContinuation(network),
    ({ workspace, tensors, spare, kernels }) =>
      () =>
        rowAttention(network, workspace, spare, tensors, kernels, tokens),
  )();

/** Creates a function that computes gradients by inputs, in the same memory and with the same bits everywhere. */
export const createInputGradients = (
  network: Network,
  parameters: Elements, // [P]
  loss: LossSpec,
): InputGradient =>
  inMemory(
    network,
    parameters,
    loss,
    { rows: mostPassRows(network, typeOf(parameters)), spareLength: gradientLength(network) },
    ({ workspace, tensors, spare, kernels }) =>
      createInputGradient(network, workspace, tensors, bindGradients(network, spare), kernels),
  );

/** Memory of a model at most. */
export const addressable: MemoryRoom = { bytes: MOST_BYTES - BEYOND, bound: 'what WebAssembly can address' };

/** A model in the memory of this thread. */
interface Resident {
  readonly workspace: Workspace;
  readonly tensors: Tensors;
  readonly spare: Elements; // as long as was asked for
  readonly kernels: Kernels;
  /** The number of times that the weights were copied again, as another model had used the memory in between. */
  moves(): number;
  /** Makes the next call copy the weights again. */
  renew(): void;
}

/** What a function of a model needs. */
interface Needs {
  readonly rows: number; // at a time
  readonly spareLength?: number; // of numbers of its own, default 0
  readonly isLive?: boolean; // whether the parameters change and are read where they are, default false
}

/** Takes the arrays of a model from an allocator. */
function arraysFor(network: Network, loss: Loss, type: ElementType, { rows, spareLength = 0 }: Needs) {
  const { name } = inferenceBackend(type);
  return (allocate: Allocate) => ({
    scratch: takeKernelScratch(network.products, name, allocate), // first in memory, where the kernels expect it
    theta: allocate(network.parameterCount),
    spare: allocate(spareLength),
    workspace: createWorkspace(network, loss, rows, allocate),
  });
}

/**
 * Places a model in memory. Returns what `create` makes of it: a function that finds the weights whenever it is called.
 */
function inMemory<A extends readonly unknown[], R>(
  network: Network,
  parameters: Elements, // [P]
  lossSpec: LossSpec,
  needs: Needs,
  create: (resident: Resident) => (...args: A) => R,
): (...args: A) => R {
  const loss = createLoss(lossSpec, network.own);
  const type = typeOf(parameters);
  const takeArrays = arraysFor(network, loss, type, needs);
  const length = countDoubles(takeArrays, type);
  const weights = bytesOfElements(type, parameters.length);
  const parts = [
    { name: 'parameters', bytes: weights },
    { name: 'activations', bytes: 8 * length - weights },
  ];
  checkMemory(parts, addressable);
  checkMemory(parts, memoryRoom());
  const memory = inferenceMemory(length, type);
  const { theta, spare, workspace } = takeArrays(createAllocator('createPredictor', memory.doubles, type));
  const { kernels } = memory;
  let moves = 0;
  const tensors = bindTensors(network, theta);
  const tenant = {};
  const renew = (): void => {
    if (memory.tenant === tenant) memory.tenant = null;
  };
  const compute = create({ workspace, tensors, spare, kernels, moves: () => moves, renew });
  theta.set(parameters);
  memory.tenant = tenant;
  const kept = needs.isLive ? parameters : memory.isShared ? parameters.slice() : theta;
  return (...args) => {
    if (memory.tenant !== tenant) {
      theta.set(kept);
      memory.tenant = tenant;
      moves++;
    }
    return compute(...args);
  };
}

/** Memory that models of this thread use, one after the other. */
interface InferenceMemory {
  readonly kernels: Kernels;
  readonly doubles: Float64Array; // starts on a cache line, with the scratch of the kernels
  readonly isShared: boolean; // other models may overwrite it
  tenant: object | null; // the model whose weights it contains
}

/**
 * The backend for prediction: WebAssembly where its products are fused, so that results are the same on every machine;
 * else machine code, whose products are. Without WebAssembly it is plain code, whose products are, too.
 */
function inferenceBackend(type: ElementType): Backend {
  if (hasFusedWasm()) return { name: 'wasm' };
  if (wasmProblem() !== null) return { name: 'reference' };
  if (machineCode(type).code !== null) return { name: 'native' };
  return { name: 'wasm', unfused: true };
}

/** Larger memory belongs to one model and is freed with it. */
const LARGEST_SHARED = 64 * 1024 ** 2;
const SMALLEST = 1024 ** 2;

/** Shared memory by type and size; unused ones are freed. */
const shared = new Map<string, WeakRef<InferenceMemory>>();

/**
 * Memory of at least `length` doubles. Models of one type and similar size share it: V8 reserves up to 10 GiB of
 * address space per memory, so separate ones would fail after some thousand models.
 * @throws Error if the system provides none.
 */
function inferenceMemory(length: number, type: ElementType): InferenceMemory {
  const bytes = 8 * length + BEYOND;
  if (bytes > LARGEST_SHARED) return createMemory(bytes, type, false);
  const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)));
  const key = `${type} ${size}`;
  const known = shared.get(key)?.deref();
  if (known !== undefined && known.kernels.name === inferenceBackend(type).name) return known;
  const memory = createMemory(size, type, true);
  shared.set(key, new WeakRef(memory));
  return memory;
}

function createMemory(bytes: number, type: ElementType, isShared: boolean): InferenceMemory {
  const backend = inferenceBackend(type);
  const memory = allocateSharedMemory(bytes, backend.name);
  const doubles = new Float64Array(memory.buffer);
  // All models place their scratch at the start, where the kernels expect it: one instance serves all.
  const scratch = takeKernelScratch([], backend.name, createAllocator('createMemory', doubles, type));
  const { buffer, byteOffset } = scratch.products;
  const products = new Float64Array(buffer, byteOffset); // as far as a model needs
  const compiled = compileFor(backend, type);
  const kernels = createBackendKernels(backend, {
    ...compiled,
    memory,
    scratch: { ...scratch, products },
  });
  return { kernels, doubles, isShared, tenant: null };
}
