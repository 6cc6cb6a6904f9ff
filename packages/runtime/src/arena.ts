import type { Schedule } from '@gradloom/core';
import { blockCount, countDoubles, gradientStride, probeLength, type WasmMemory } from '@gradloom/core/internal';
import { checkMemory, type Part } from './memory/memory.ts';
import { MOST_BYTES, PAGE } from './memory/shared-memory.ts';
import { gradientRowsOf, leavesOf } from './team-part.ts';
import { type ScratchShape, sharedLength, takeThreadScratch } from './thread-scratch.ts';

/** Steps of a span whose losses and norms fit the rings. */
export const RING = 16_384;

const ALIGNMENT = 64;

export interface ArenaOptions extends ScratchShape {
  schedule: Schedule;
  heapBase: number; // first byte of memory that the kernels leave free
}

/** The arrays of a run, or what stands for each. Threads exchange numbers only through these. */
interface ArenaOf<Item> {
  readonly theta: Item; // [P]
  readonly gSum: Item; // [rows, gradientStride(P)] of nodes of the batch
  readonly state: readonly Item[]; // [slots][P]
  readonly squares: Item; // [blocks]
  readonly lossSums: Item; // [leaves]
  readonly scalars: Item; // of the optimizer
  readonly scheduleState: Item;
  readonly rates: Item; // [RING] learning rate of step n at n mod RING, written by the main thread between spans
  readonly losses: Item; // [RING] mean loss of each step of a span
  readonly norms: Item; // [RING] gradient norm of each step of a span
  readonly probeSums: Item; // [leaves, probeLength] of the last step that was looked at; empty where none is
  readonly shared: Item; // sums over leaves that layers share; empty where none couples rows
  readonly scratch: readonly Item[]; // [threads][*] private to each thread
}

/** Every array of a run. */
export type Arena = ArenaOf<Float64Array>;

/** An array of a run, as the plan lists it. */
interface Region {
  readonly name: string; // in plans and errors
  readonly length: number; // in doubles
  readonly option?: string; // that determines its length, besides the layers
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

/**
 * `scratchLength` takes as long as all else where there are many layers, and is the same for any number of threads.
 * @throws OptionError with the size of each part where the plan passes the 4 GiB of a 32-bit memory; nothing is
 * allocated.
 */
export function planArena(options: ArenaOptions, scratchLength = countScratch(options)): ArenaPlan {
  const rows = gradientRowsOf(options, options.threads, options.probes ?? false);
  const start = align(options.heapBase);
  let end = start;
  const offsets: number[] = [];
  const parts: Part[] = [];
  takeArena(options, rows, scratchLength, ({ length, ...named }) => {
    offsets.push(end);
    const bytes = align(8 * length);
    parts.push({ ...named, bytes });
    end += bytes;
  });
  const bytes = Math.ceil(end / PAGE) * PAGE;
  parts.push({ name: 'tables of the kernels', bytes: bytes - end + start });
  checkMemory(parts, { bytes: MOST_BYTES, bound: 'the address space of the kernels' });
  return {
    bytes,
    rows,
    parts,
    bind({ buffer }) {
      if (buffer.byteLength !== bytes) {
        throw new Error(`planArena: memory has ${buffer.byteLength} bytes, expected ${bytes} (those of the plan)`);
      }
      let next = 0;
      return takeArena(options, rows, scratchLength, ({ length }) => {
        return new Float64Array(buffer, offsets[next++], length);
      });
    },
  };
}

/** The one list of a run's arrays, in the order in which they lie: it is walked to place them, and to bind them. */
function takeArena<Item>(
  options: ArenaOptions,
  rows: number, // of gradients
  scratchLength: number,
  take: (region: Region) => Item,
): ArenaOf<Item> {
  const { network, optimizer, schedule, threads, probes = false } = options;
  const P = network.parameterCount;
  const leaves = leavesOf(options, options.batch);
  const activations = `activations of ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return {
    theta: take({ name: 'parameters', length: P }),
    gSum: take({ name: 'gradients', length: rows * gradientStride(P), option: 'threads' }),
    state: optimizer.slots.map((slot) => take({ name: `optimizer state ${slot}`, length: P })),
    squares: take({ name: 'block norms', length: blockCount(P) }),
    lossSums: take({ name: 'losses of the leaves', length: leaves }),
    scalars: take({ name: 'optimizer scalars', length: optimizer.initialScalars.length }),
    scheduleState: take({ name: 'schedule state', length: schedule.initialState.length }),
    rates: take({ name: 'rate ring', length: RING }),
    losses: take({ name: 'loss ring', length: RING }),
    norms: take({ name: 'norm ring', length: RING }),
    probeSums: take({ name: 'looks into layers', length: probes ? leaves * probeLength(network) : 0 }),
    shared: take({ name: 'statistics of the batch', length: sharedLength(options) }),
    scratch: Array.from({ length: threads }, () => take({ name: activations, length: scratchLength, option: 'batch' })),
  };
}

/** Doubles that belong to one thread. */
export const countScratch = (shape: ScratchShape): number =>
  countDoubles((allocate) => takeThreadScratch(shape, allocate));

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
