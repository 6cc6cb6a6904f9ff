import {
  type BackendName,
  blockCount,
  createWorkspace,
  gradientStride,
  type Loss,
  largestShard,
  type Network,
  nativeScratchLength,
  type Optimizer,
  probeLength,
  recordedCalls,
  type Schedule,
  stepCalls,
  tapeLength,
  updateCalls,
  WasmApi,
  type WasmMemory,
  wasmScratchLength,
} from '@gradloom/core';
import { checkMemory, type Part } from './memory.ts';

/** Rows of a chunk at evaluation: fixed, since a BLAS gives a row other bits in calls of other sizes. */
export const EVALUATION_ROWS = 256;

/** Steps of a span whose losses and norms fit the rings. */
export const RING = 16_384;

/** Steps that are taken from a tape at a time, at most. */
export const STEPS = 128;

const ALIGNMENT = 64;
const PAGE = 65_536;
const WASM32_LIMIT = 4 * 1024 ** 3;

export interface ArenaOptions {
  network: Network;
  loss: Loss;
  optimizer: Optimizer;
  schedule: Schedule;
  batch: number;
  shards: number; // S; 0 where nothing is trained
  threads: number; // the most that the run will use
  probes?: boolean; // looks into layers on the way, default false
  backend: BackendName;
  heapBase: number; // first byte that the kernels' module leaves free
}

/** Every array of a run. Numbers travel between threads through these alone. */
export interface Arena {
  readonly theta: Float64Array; // [P]
  readonly gSum: Float64Array; // [S, gradientStride(P)]
  readonly state: readonly Float64Array[]; // [slots][P]
  readonly squares: Float64Array; // [blocks]
  readonly lossSums: Float64Array; // [S]
  readonly scalars: Float64Array; // of the optimizer
  readonly scheduleState: Float64Array;
  readonly rates: Float64Array; // [RING] learning rate of step n at n mod RING, written by the main thread between spans
  readonly losses: Float64Array; // [RING] mean loss of each step of a span
  readonly norms: Float64Array; // [RING] gradient norm of each step of a span
  readonly probeSums: Float64Array; // [S, probeLength] of the last step that was looked at; empty where none is
  readonly scratch: readonly Float64Array[]; // [threads][*] private to each thread
}

/** The layout of a run's one shared memory: a pure function of its options, so that every thread finds the same places. */
export interface ArenaPlan {
  readonly bytes: number;
  readonly parts: readonly Part[];
  bind(memory: WasmMemory): Arena;
}

/** @throws OptionError with the size of each part where the plan passes the 4 GiB of a 32-bit memory; nothing is allocated. */
export function planArena(options: ArenaOptions): ArenaPlan {
  const { network, loss, optimizer, schedule, batch, shards: S, threads, backend, heapBase, probes = false } = options;
  const P = network.parameterCount;
  const scratchLength = threadScratch(
    network,
    loss,
    optimizer,
    backend,
    S,
    Math.max(largestShard(batch, S || 1), EVALUATION_ROWS),
  );
  const parts: Part[] = [];
  let end = align(heapBase);
  const take = (name: string, bytes: number, option?: string): number => {
    const offset = end;
    end = align(end + bytes);
    parts.push({ name, bytes: end - offset, ...(option === undefined ? {} : { option }) });
    return offset;
  };
  const theta = take('parameters', P * 8);
  const gSum = take('gradients of the shards', S * gradientStride(P) * 8, 'shards');
  const state = optimizer.slots.map((slot) => take(`optimizer state ${slot}`, P * 8));
  const squares = take('block norms', blockCount(P) * 8);
  const lossSums = take('shard losses', S * 8);
  const scalars = take('optimizer scalars', optimizer.initialScalars.length * 8);
  const scheduleState = take('schedule state', schedule.initialState.length * 8);
  const rates = take('rate ring', RING * 8);
  const losses = take('loss ring', RING * 8);
  const norms = take('norm ring', RING * 8);
  const probeSumsLength = probes ? S * probeLength(network) : 0;
  const probeSums = take('looks into layers', probeSumsLength * 8);
  const scratch = Array.from({ length: threads }, () =>
    take(`activations of ${threads} ${threads === 1 ? 'thread' : 'threads'}`, scratchLength * 8, 'batch'),
  );
  const bytes = Math.ceil(end / PAGE) * PAGE;
  parts.push({ name: 'tables of the kernels', bytes: bytes - end + align(heapBase) });
  checkMemory(parts, WASM32_LIMIT, 'the address space of the kernels');
  return {
    bytes,
    parts,
    bind({ buffer }) {
      const doubles = (offset: number, length: number) => new Float64Array(buffer, offset, length);
      return {
        theta: doubles(theta, P),
        gSum: doubles(gSum, S * gradientStride(P)),
        state: state.map((offset) => doubles(offset, P)),
        squares: doubles(squares, blockCount(P)),
        lossSums: doubles(lossSums, S),
        scalars: doubles(scalars, optimizer.initialScalars.length),
        scheduleState: doubles(scheduleState, schedule.initialState.length),
        rates: doubles(rates, RING),
        losses: doubles(losses, RING),
        norms: doubles(norms, RING),
        probeSums: doubles(probeSums, probeSumsLength),
        scratch: scratch.map((offset) => doubles(offset, scratchLength)),
      };
    },
  };
}

/** A shared memory of exactly the planned size: growing one later would leave old views behind. */
export function allocateArena(plan: ArenaPlan): WasmMemory {
  const pages = plan.bytes / PAGE;
  return new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Cuts arrays off a thread's scratch, in the order of the calls: the same calls find the same places. */
export function scratchAllocator(scratch: Float64Array): (length: number) => Float64Array {
  let used = 0;
  return (length) => {
    const array = scratch.subarray(used, used + length);
    used += padded(length);
    return array;
  };
}

/** Doubles of scratch for the products of a network's widest tensors. */
export function kernelScratch(network: Network, backend: BackendName): number {
  const scratchLength = backend === 'native' || backend === 'blas' ? nativeScratchLength : wasmScratchLength;
  let length = 0;
  for (const { shape } of network.tensors) {
    if (shape.length === 2) length = Math.max(length, scratchLength(shape[0], shape[1]));
  }
  return length;
}

function threadScratch(
  network: Network,
  loss: Loss,
  { hyperLength }: Optimizer,
  backend: BackendName,
  shards: number,
  rows: number,
): number {
  let total = padded(kernelScratch(network, backend)) + 2 * padded(1) + padded(hyperLength);
  total +=
    shards * padded(tapeLength(recordedCalls(network))) + padded(tapeLength(updateCalls(network.parameterCount)));
  if (shards === 1) total += padded(tapeLength(stepCalls(network))) + padded(STEPS * hyperLength);
  createWorkspace(network, loss, rows, (length) => {
    total += padded(length);
    return new Float64Array(0);
  });
  return total;
}

const padded = (length: number): number => align(length * 8) / 8;
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
