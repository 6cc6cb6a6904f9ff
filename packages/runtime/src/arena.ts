import type { Schedule } from '@gradloom/core';
import { blockCount, countDoubles, gradientStride, probeLength, type WasmMemory } from '@gradloom/core/internal';
import { checkMemory, type Part } from './memory/memory.ts';
import { MOST_BYTES, PAGE } from './memory/shared-memory.ts';
import { gradientRowsOf, leavesOf } from './team-part.ts';
import { type ScratchShape, takeThreadScratch } from './thread-scratch.ts';

/** Steps of a span whose losses and norms fit the rings. */
export const RING = 16_384;

const ALIGNMENT = 64;

export interface ArenaOptions extends ScratchShape {
  schedule: Schedule;
  threads: number; // most threads that the run will use
  probes?: boolean; // whether layers are probed, default false
  heapBase: number; // first byte of memory that the kernels leave free
}

/** Every array of a run. Threads exchange numbers only through these. */
export interface Arena {
  readonly theta: Float64Array; // [P]
  readonly gSum: Float64Array; // [rows, gradientStride(P)] of nodes of the batch
  readonly state: readonly Float64Array[]; // [slots][P]
  readonly squares: Float64Array; // [blocks]
  readonly lossSums: Float64Array; // [leaves]
  readonly scalars: Float64Array; // of the optimizer
  readonly scheduleState: Float64Array;
  // [RING] learning rate of step n at n mod RING, written by the main thread between spans
  readonly rates: Float64Array;
  readonly losses: Float64Array; // [RING] mean loss of each step of a span
  readonly norms: Float64Array; // [RING] gradient norm of each step of a span
  readonly probeSums: Float64Array; // [leaves, probeLength] of the last step that was looked at; empty where none is
  readonly scratch: readonly Float64Array[]; // [threads][*] private to each thread
}

/**
 * The layout of the shared memory of a run: a pure function of its options, so that every thread finds the same
 * offsets.
 */
export interface ArenaPlan {
  readonly bytes: number;
  readonly rows: number; // of gradients
  readonly parts: readonly Part[];
  bind(memory: WasmMemory): Arena;
}

/** An array of the arena; its offset follows from those before it. */
interface Region {
  readonly offset: number; // in bytes
  readonly length: number; // in doubles
}

/**
 * `scratchLength` takes as long as all else where there are many layers, and is the same for any number of threads.
 * @throws OptionError with the size of each part where the plan passes the 4 GiB of a 32-bit memory; nothing is
 * allocated.
 */
export function planArena(options: ArenaOptions, scratchLength = countScratch(options)): ArenaPlan {
  const { network, optimizer, schedule, threads, heapBase, probes = false } = options;
  const leaves = leavesOf(options, options.batch);
  const rows = gradientRowsOf(options, threads, probes);
  const P = network.parameterCount;
  const parts: Part[] = [];
  let end = align(heapBase);
  const take = (name: string, length: number, option?: string): Region => {
    const offset = end;
    end = align(end + length * 8);
    parts.push({ name, bytes: end - offset, ...(option === undefined ? {} : { option }) });
    return { offset, length };
  };
  const theta = take('parameters', P);
  const gSum = take('gradients', rows * gradientStride(P), 'threads');
  const state = optimizer.slots.map((slot) => take(`optimizer state ${slot}`, P));
  const squares = take('block norms', blockCount(P));
  const lossSums = take('losses of the leaves', leaves);
  const scalars = take('optimizer scalars', optimizer.initialScalars.length);
  const scheduleState = take('schedule state', schedule.initialState.length);
  const rates = take('rate ring', RING);
  const losses = take('loss ring', RING);
  const norms = take('norm ring', RING);
  const probeSums = take('looks into layers', probes ? leaves * probeLength(network) : 0);
  const scratch = Array.from({ length: threads }, () =>
    take(`activations of ${threads} ${threads === 1 ? 'thread' : 'threads'}`, scratchLength, 'batch'),
  );
  const bytes = Math.ceil(end / PAGE) * PAGE;
  parts.push({ name: 'tables of the kernels', bytes: bytes - end + align(heapBase) });
  checkMemory(parts, { bytes: MOST_BYTES, bound: 'the address space of the kernels' });
  return {
    bytes,
    rows,
    parts,
    bind({ buffer }) {
      const view = ({ offset, length }: Region) => new Float64Array(buffer, offset, length);
      return {
        theta: view(theta),
        gSum: view(gSum),
        state: state.map(view),
        squares: view(squares),
        lossSums: view(lossSums),
        scalars: view(scalars),
        scheduleState: view(scheduleState),
        rates: view(rates),
        losses: view(losses),
        norms: view(norms),
        probeSums: view(probeSums),
        scratch: scratch.map(view),
      };
    },
  };
}

/** Doubles that belong to one thread. */
export const countScratch = (shape: ScratchShape): number =>
  countDoubles((allocate) => takeThreadScratch(shape, allocate));

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
