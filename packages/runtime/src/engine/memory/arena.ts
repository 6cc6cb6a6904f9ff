import type { BackendName, Elements, ElementsOf, ElementType, Schedule } from '@gradloom/core';
import {
  blockCount,
  bytesOfElements,
  countDoubles,
  createElements,
  elementView,
  FLOAT64,
  gradientStride,
  leafCount,
  probeLength,
  type WasmMemory,
} from '@gradloom/core/internal';
import { checkMemory, type Part } from '../../system/memory/memory.ts';
import { MOST_BYTES, PAGE } from '../../system/memory/pages.ts';
import { ownershipOf } from '../step/owned-blocks.ts';
import { nodeRowsOf, notesLength } from '../step/rank-batch.ts';
import { gradientRowsOf } from '../step/team-part.ts';
import { type ScratchShape, sharedLength, takeThreadScratch } from './thread-scratch.ts';

/** Steps of a span whose losses and norms fit the rings. */
export const RING = 16_384;

const ALIGNMENT = 64;

export interface ArenaOptions extends ScratchShape {
  schedule: Schedule;
  threads: number; // most threads that the run will use
  heapBase: number; // first byte of memory that the kernels leave free
  insideBytes?: number; // beyond which regions lie outside of the memory where they may, default `mostInside`
}

/** Every array of a run. Threads exchange numbers only through these. */
export interface Arena {
  readonly theta: Elements; // [P]
  readonly gSum: Elements; // [rows, gradientStride] of nodes of the batch, or of this rank's part of it
  readonly nodes: Elements; // [rows, gradientStride] of nodes of all ranks, for `owned`; empty where there is one rank
  readonly state: readonly Elements[]; // [slots][P]; on one of several ranks of `owned`, but that of an average
  readonly owned: readonly Range[]; // parameters that this rank updates, in their order: all without others
  readonly model: Elements; // theta, or its moving average, the last of `state`: what is evaluated and handed out
  readonly squares: Float64Array; // [blocks]
  readonly lossSums: Float64Array; // [leaves]
  readonly notes: Float64Array; // what ranks tell each other in a step: see rank-notes.ts; empty where there is one
  readonly scalars: Float64Array; // of the optimizer
  readonly scheduleState: Float64Array;
  readonly rates: Float64Array; // [RING] that of step n at n mod RING, written by the main thread between spans
  readonly losses: Float64Array; // [RING] mean loss of each step of a span
  readonly norms: Float64Array; // [RING] gradient norm of each step of a span
  readonly probeSums: Float64Array; // [leaves, probeLength] of the last step that was looked at; empty where none is
  readonly shared: Float64Array; // sums over leaves that layers share; empty where none couples rows
  readonly scratch: readonly Float64Array[]; // [threads][*] private to each thread
}

/** Parameters that follow each other. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** An array of a run, as the plan lists it. */
interface Region<T extends ElementType = ElementType> {
  readonly name: string; // in plans and errors
  readonly type: T;
  readonly length: number;
  readonly option?: string; // that determines its length, besides the layers
  readonly mayLieOutside?: true; // of the memory: WebAssembly need not reach it
}

/**
 * The layout of the shared memory of a run: a pure function of its options, so that every thread finds the same
 * offsets.
 */
export interface ArenaPlan {
  readonly bytes: number; // of the memory
  readonly outside: readonly number[]; // bytes of each buffer besides it
  readonly rows: number; // of gradients
  readonly parts: readonly Part[];
  bind(memory: WasmMemory, outside: readonly SharedArrayBuffer[]): Arena;
}

/** Backends whose kernels reach arrays outside of the memory. */
const reachesOutside: Readonly<Record<BackendName, boolean>> = {
  reference: true,
  wasm: false,
  native: true,
  blas: false,
};

/** Bytes of the longest array that V8 11.3 has: 2³² numbers. */
export const longestArray = (type: ElementType): number => bytesOfElements(type, 2 ** 32);

/** Most bytes of the memory of a run. The reference's is a plain SharedArrayBuffer, which may be of any size. */
export const mostInside = (backend: BackendName): number => (backend === 'reference' ? Infinity : MOST_BYTES);

/**
 * Where a region outside begins in its buffer. glibc puts 16 bytes before a large block, which then begins at a line;
 * elsewhere vectors may lie across two of them, which only costs time.
 */
const OUTSIDE_START = ALIGNMENT - 16;

/** Where a region lies: in the memory, or in the buffer of this number outside of it. */
interface Place {
  readonly outside: number | null;
  readonly offset: number; // in bytes
}

/**
 * Gradients and optimizer state lie outside of the memory when, and only when, the whole does not fit into it.
 * `scratchLength` takes as long as all else where there are many layers, and is the same for any number of threads.
 * @throws OptionError with the size of each part where what has to lie in the memory passes the 4 GiB that 32 bits
 * address; nothing is allocated.
 */
export function planArena(options: ArenaOptions, scratchLength = countScratch(options)): ArenaPlan {
  const { backend, insideBytes = mostInside(backend) } = options;
  const whole = layOut(options, scratchLength, false);
  const fits = whole.bytes <= insideBytes || !reachesOutside[backend];
  const plan = fits ? whole : layOut(options, scratchLength, true);
  const bound = `the address space of the kernels${fits ? '' : ', without gradients and optimizer state'}`;
  checkMemory(
    plan.parts.filter(({ isOutside }) => !isOutside),
    { bytes: mostInside(backend), bound },
  );
  for (const part of plan.parts) {
    checkMemory([part], { bytes: longestArray(part.type), bound: 'the longest array of Node 20' });
  }
  return plan;
}

/** A part of the plan that may lie outside of the memory. */
interface PlacedPart extends Part {
  readonly type: ElementType; // of its numbers
  readonly isOutside: boolean;
}

interface Layout extends ArenaPlan {
  readonly parts: readonly PlacedPart[];
}

function layOut(options: ArenaOptions, scratchLength: number, usesOutside: boolean): Layout {
  const rows = gradientRowsOf(options, options.threads, options.probes ?? false);
  const start = align(options.heapBase);
  let end = start;
  const outside: number[] = []; // bytes
  const places: Place[] = [];
  const parts: PlacedPart[] = [];
  takeArena(options, rows, scratchLength, ({ name, type, length, option, mayLieOutside = false }) => {
    const isOutside = usesOutside && mayLieOutside && length > 0;
    const own = bytesOfElements(type, length);
    const bytes = isOutside ? OUTSIDE_START + own : align(own);
    places.push(isOutside ? { outside: outside.length, offset: OUTSIDE_START } : { outside: null, offset: end });
    parts.push({ name, bytes, type, ...(option === undefined ? {} : { option }), isOutside });
    if (isOutside) outside.push(bytes);
    else end += bytes;
    return createElements(type, 0);
  });
  const bytes = Math.ceil(end / PAGE) * PAGE;
  parts.push({ name: 'tables of the kernels', bytes: bytes - end + start, type: FLOAT64, isOutside: false });
  return {
    bytes,
    outside,
    rows,
    parts,
    bind(memory, others) {
      const sizes = [memory.buffer, ...others].map(({ byteLength }) => byteLength);
      const planned = [bytes, ...outside];
      if (sizes.join() !== planned.join()) {
        throw new Error(
          `planArena: memory has ${sizes.join(' + ')} bytes, expected ${planned.join(' + ')} (the plan's)`,
        );
      }
      let next = 0;
      return takeArena(options, rows, scratchLength, ({ type, length }) => {
        const { outside, offset } = places[next++];
        return elementView(type, outside === null ? memory.buffer : others[outside], offset, length);
      });
    },
  };
}

/** The one list of a run's arrays, in the order in which they lie: it is walked to place them, and to bind them. */
function takeArena(
  options: ArenaOptions,
  rows: number, // of gradients
  scratchLength: number,
  take: <T extends ElementType>(region: Region<T>) => ElementsOf<T>,
): Arena {
  const { network, optimizer, schedule, threads, elementType, probes = false, cluster = null } = options;
  const P = network.parameterCount;
  const leaves = leafCount(options.batch, options.leaf);
  const activations = `activations of ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const theta = take({ name: 'parameters', type: elementType, length: P });
  const gSum = take({
    name: 'gradients',
    type: elementType,
    length: rows * gradientStride(elementType, P),
    option: 'threads',
    mayLieOutside: true,
  });
  const owned = ownedRanges(options);
  const held = owned.reduce((sum, { length }) => sum + length, 0);
  const nodes = take({
    name: 'gradients of all ranks',
    type: elementType,
    length: cluster === null ? 0 : nodeRowsOf(cluster, options) * gradientStride(elementType, held),
    mayLieOutside: true,
  });
  const own = optimizer.slots.length - (optimizer.shareAt === undefined ? 0 : 1);
  const state = optimizer.slots.map((slot, k) => {
    const region: Region = { name: `optimizer state ${slot}`, type: elementType, length: k < own ? held : P };
    // Evaluations read the moving average as they read weights.
    return take(k < own ? { ...region, mayLieOutside: true } : region);
  });
  const blocks = blockCount(P);
  return {
    ...{ theta, gSum, nodes, state, owned, model: state[own] ?? theta },
    squares: take({ name: 'block norms', type: FLOAT64, length: blocks }),
    lossSums: take({ name: 'losses of the leaves', type: FLOAT64, length: leaves }),
    notes: take({
      name: 'notes of the ranks',
      type: FLOAT64,
      length: cluster === null ? 0 : notesLength(cluster.connection.ranks, leaves, blocks),
    }),
    scalars: take({ name: 'optimizer scalars', type: FLOAT64, length: optimizer.initialScalars.length }),
    scheduleState: take({ name: 'schedule state', type: FLOAT64, length: schedule.initialState.length }),
    rates: take({ name: 'rate ring', type: FLOAT64, length: RING }),
    losses: take({ name: 'loss ring', type: FLOAT64, length: RING }),
    norms: take({ name: 'norm ring', type: FLOAT64, length: RING }),
    probeSums: take({ name: 'looks into layers', type: FLOAT64, length: probes ? leaves * probeLength(network) : 0 }),
    shared: take({ name: 'statistics of the batch', type: FLOAT64, length: sharedLength(options) }),
    scratch: Array.from({ length: threads }, () =>
      take({ name: activations, type: FLOAT64, length: scratchLength, option: 'batch' }),
    ),
  };
}

/** What this rank updates; without others all parameters. */
function ownedRanges({ network, cluster = null }: Pick<ArenaOptions, 'network' | 'cluster'>): readonly Range[] {
  if (cluster === null) return [{ offset: 0, length: network.parameterCount }];
  const own = ownershipOf(network, cluster).of[cluster.connection.rank];
  return own
    .filter(({ length }) => length > 0)
    .map(({ offset, length }) => ({ offset, length }))
    .sort((a, b) => a.offset - b.offset);
}

/** Doubles that belong to one thread. */
export const countScratch = (shape: ScratchShape): number =>
  countDoubles((allocate) => takeThreadScratch(shape, allocate), shape.elementType);

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
