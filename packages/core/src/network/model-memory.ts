import { TAIL_BYTES } from '../backends/wasm/webassembly.ts';
import { createLoss, type LossSpec } from '../families/losses/index.ts';
import type { Loss } from '../families/losses/loss.ts';
import { bytesOfElements, type Elements, type ElementType, typeOf } from '../math/element-type.ts';
import {
  type Allocate,
  countDoubles,
  createAllocator,
  type KernelScratch,
  type ProductShape,
} from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { createWorkspace, type Tensors, type Workspace } from './backprop.ts';
import { type Continuation, rowContinuation } from './continuation.ts';
import { FORWARD_ONLY, NEXT_ONLY, type TeamMemory } from './layers/memory.ts';
import type { Network } from './network.ts';
import { maxPassRows } from './pass-rows.ts';
import { type Predictor, rowPredictor } from './predict.ts';
import { spreadWeights } from './spread-weights.ts';

/** Gives models their memory, with kernels of a backend for it. */
export interface ModelHost<Backend extends { readonly name: string }> {
  /** The backend that answers soonest. */
  backendOf(products: readonly ProductShape[], type: ElementType): Backend;
  /** Takes the scratch of its kernels. */
  takeScratch(backend: Backend, products: readonly ProductShape[], allocate: Allocate): KernelScratch;
  /** @throws Error if the parts of a model do not fit into memory. Absent: they always fit. */
  readonly checkMemory?: (parts: readonly { readonly name: string; readonly bytes: number }[]) => void;
  /** @throws Error if the system provides no such memory. */
  createMemory(
    backend: Backend,
    bytes: number,
    type: ElementType,
  ): { readonly buffer: ArrayBufferLike; createKernels(scratch: KernelScratch): Kernels };
}

/** A model in memory. */
export interface PlacedModel {
  readonly workspace: Workspace;
  readonly tensors: Tensors;
  /** The parameters [P] that it answers with. */
  weights(): Elements;
  readonly scratch: Elements; // [scratchLength]
  readonly kernels: Kernels;
  /** The number of times that the weights were copied again, as another model had used the memory in between. */
  reloads(): number;
  /** Makes the next call copy the weights again. */
  renew(): void;
}

/** Memory that a function of a model needs. */
export interface ModelNeeds {
  readonly rows: number; // at a time
  readonly memory?: TeamMemory; // of the passes that it runs, default that of training
  readonly scratchLength?: number; // default 0
  readonly isLive?: boolean; // whether the parameters change and are read where they are, default false
}

/** Places a model in memory. Returns what `create` makes: a function that finds the weights whenever it is called. */
export type PlaceModel = <A extends readonly unknown[], R>(
  network: Network,
  parameters: Elements, // [P]
  loss: LossSpec,
  needs: ModelNeeds,
  create: (model: PlacedModel) => (...args: A) => R,
) => (...args: A) => R;

/** Memory that models of this thread use, one after the other. */
interface SharedMemory {
  readonly kernels: Kernels;
  readonly doubles: Float64Array; // starts on a cache line, with the scratch of the kernels
  readonly isShared: boolean; // other models may overwrite it
  owner: object | null; // the model whose weights it contains
}

/** Largest memory that models share. A larger one belongs to one model and is freed with it. */
const MAX_SHARED_BYTES = 67_108_864;
const MIN_BYTES = 1_048_576;

/**
 * Creates functions of models in the memory of `host`. Models of one type and similar size share it: V8 reserves up to
 * 10 GiB of address space for a memory of WebAssembly, so separate ones would fail after some thousand models. A model
 * copies its weights there again if another model has computed since, which takes as long as predicting a few rows.
 */
export function createModelMemory<Backend extends { readonly name: string }>(host: ModelHost<Backend>): ModelMemory {
  /** Memory by backend, type and size; unused memory is freed. */
  const memories = new Map<string, WeakRef<SharedMemory>>();

  function createMemory(backend: Backend, bytes: number, type: ElementType, isShared: boolean): SharedMemory {
    const { buffer, createKernels } = host.createMemory(backend, bytes, type);
    const doubles = new Float64Array(buffer);
    // All models place their scratch at the start, where the kernels expect it: one instance serves all.
    const scratch = host.takeScratch(backend, [], createAllocator('createMemory', doubles, type));
    const products = new Float64Array(buffer, scratch.products.byteOffset); // as far as a model needs
    return { kernels: createKernels({ ...scratch, products }), doubles, isShared, owner: null };
  }

  /** Memory of at least `length` doubles. */
  function memoryOf(backend: Backend, length: number, type: ElementType): SharedMemory {
    const bytes = 8 * length + TAIL_BYTES;
    if (bytes > MAX_SHARED_BYTES) return createMemory(backend, bytes, type, false);
    let size = MIN_BYTES;
    while (size < bytes) size *= 2;
    const key = `${backend.name} ${type} ${size}`;
    const cachedMemory = memories.get(key)?.deref();
    if (cachedMemory !== undefined) return cachedMemory;
    const memory = createMemory(backend, size, type, true);
    memories.set(key, new WeakRef(memory));
    return memory;
  }

  /** Takes the arrays of a model from an allocator. */
  const arraysOf =
    (
      backend: Backend,
      network: Network,
      loss: Loss,
      weightsLength: number,
      { rows, memory, scratchLength = 0 }: ModelNeeds,
    ) =>
    (allocate: Allocate) => ({
      // First in memory, where the kernels expect it.
      kernelScratch: host.takeScratch(backend, network.products, allocate),
      theta: allocate(weightsLength),
      scratch: allocate(scratchLength),
      workspace: createWorkspace(network, loss, rows, allocate, memory),
    });

  const placeModel: PlaceModel = (network, parameters, lossSpec, needs, create) => {
    const loss = createLoss(lossSpec, network.customParts);
    const type = typeOf(parameters);
    const backend = host.backendOf(network.products, type);
    const { bind, store, load, ...layout } = spreadWeights(network, type, needs.memory?.passes);
    const takeArrays = arraysOf(backend, network, loss, layout.length, needs);
    const length = countDoubles(takeArrays, type);
    const weightBytes = bytesOfElements(type, layout.length);
    host.checkMemory?.([
      { name: 'parameters', bytes: weightBytes },
      { name: 'activations', bytes: 8 * length - weightBytes },
    ]);
    const memory = memoryOf(backend, length, type);
    const { theta, scratch, workspace } = takeArrays(createAllocator('createPredictor', memory.doubles, type));
    const { kernels } = memory;
    const tensors = bind(theta);
    const model = {};
    let reloads = 0;
    const renew = (): void => {
      if (memory.owner === model) memory.owner = null;
    };
    // Kept for when another model has used the memory.
    const kept = needs.isLive ? parameters : memory.isShared ? parameters.slice() : null;
    const weights = () => kept ?? load(theta);
    const compute = create({ workspace, tensors, weights, scratch, kernels, reloads: () => reloads, renew });
    store(theta, parameters);
    memory.owner = model;
    return (...args) => {
      if (memory.owner !== model && kept !== null) {
        store(theta, kept);
        memory.owner = model;
        reloads++;
      }
      return compute(...args);
    };
  };

  function continuationIn(
    network: Network,
    parameters: Elements,
    loss: LossSpec,
    isLive: boolean,
    texts = 1,
  ): LiveContinuation {
    let renew = (): void => {};
    const next = placeModel(network, parameters, loss, { ...forContinuation(network, texts), isLive }, (model) => {
      const { workspace, tensors, scratch, kernels } = model;
      const next = rowContinuation(network, workspace, scratch, tensors, kernels);
      let reloads = model.reloads();
      renew = model.renew;
      return (texts: readonly ArrayLike<number>[]) => {
        if (reloads !== model.reloads()) next.forget();
        reloads = model.reloads();
        return next(texts);
      };
    });
    return { next, renew };
  }

  return {
    placeModel,
    createPredictor(network, parameters, loss) {
      let weights = () => parameters;
      const predictor: Predictor = placeModel(
        network,
        parameters,
        loss,
        { rows: maxPassRows(network, typeOf(parameters)), memory: FORWARD_ONLY },
        (model) => {
          weights = model.weights;
          return rowPredictor(network, model.workspace, model.tensors, model.kernels);
        },
      );
      return Object.assign(predictor, { type: typeOf(parameters), weights });
    },
    createContinuation: (network, parameters, loss, texts) =>
      continuationIn(network, parameters, loss, false, texts).next,
    createLiveContinuation: (network, parameters, loss) => continuationIn(network, parameters, loss, true),
    continuationBytes(network, loss, type) {
      const { length } = spreadWeights(network, type);
      const backend = host.backendOf(network.products, type);
      return 8 * countDoubles(arraysOf(backend, network, loss, length, forContinuation(network)), type);
    },
  };
}

/** The memory of a continuation of some texts, and of the attention over a row. */
export const forContinuation = ({ inputs }: Network, texts = 1): ModelNeeds => ({
  rows: texts,
  memory: NEXT_ONLY,
  scratchLength: Math.max(inputs, texts),
});

/** A continuation of weights that training changes: `renew` makes it read them anew. */
export interface LiveContinuation {
  readonly next: Continuation;
  renew(): void;
}

/** A predictor with the type of its weights [P], and what returns them. Nothing changes them. */
export type ModelPredictor = Predictor & { readonly type: ElementType; weights(): Elements };

/** Functions of models that share memory. */
export interface ModelMemory {
  readonly placeModel: PlaceModel;
  /** Creates a predictor with a copy of the parameters [P]. @throws Error if the model does not fit into memory. */
  createPredictor(network: Network, parameters: Elements, loss: LossSpec): ModelPredictor;
  /** Creates a continuation of so many texts with a copy of the parameters [P]; see `continuationProblem`. */
  createContinuation(network: Network, parameters: Elements, loss: LossSpec, texts: number): Continuation;
  /** Creates a continuation that does not keep a copy of the parameters [P]. */
  createLiveContinuation(network: Network, parameters: Elements, loss: LossSpec): LiveContinuation;
  /** Bytes that a continuation takes. */
  continuationBytes(network: Network, loss: Loss, type: ElementType): number;
}
