import type { BackendName, Elements, ElementsOf, ElementType, Schedule } from '@gradloom/core';
import {
  blockCount,
  bytesOfElements,
  countDoubles,
  createElements,
  elementView,
  FLOAT64,
  gradientLength,
  gradientStride,
  leafCount,
  MAX_BYTES,
  PAGE_BYTES,
  probeLength,
  stateLength,
  TAIL_BYTES,
  type WasmMemory,
} from '@gradloom/core/internal';
import { checkMemory, type Part } from '../../system/memory/memory.ts';
import { ownershipOf, rankGradientLength } from '../step/owned-blocks.ts';
import { maxRankGradientRows, rankNotesLength } from '../step/rank-batch.ts';
import { gradientRowsOf } from '../step/team-part.ts';
import { passMemoryLength, type ScratchShape, sharedLength, takeThreadScratch } from './thread-scratch.ts';

/** Maximum number of steps of a span: their losses and norms fit the rings. */
export const RING = 16_384;

const ALIGNMENT = 64;

export interface ArenaOptions extends ScratchShape {
  schedule: Schedule;
  threads: number; // maximum number of threads that the run may use
  insideBytes?: number; // size above which regions that may lie outside do so; default `maxInsideBytes`
}

/** Every array of a run. Threads exchange numbers only through these. */
export interface Arena {
  readonly theta: Elements; // [P]
  readonly gSum: Elements; // [rows, gradientStride] gradients, each summed over a subtree of leaves
  readonly rankGradients: Elements; // [rows, gradientStride] such rows of all ranks for `ownedRanges`; else empty
  readonly state: readonly Elements[]; // [slots][stateLength]; with ranks only `ownedRanges`; an average has [P]
  readonly directions: Elements; // [P] with ranks, matrices that the optimizer orthogonalizes; else empty
  readonly ownedRanges: readonly Range[]; // this rank's part of the whole state, in order: all without other ranks
  readonly evaluatedTheta: Elements; // theta, or its moving average (last of `state`): evaluated and returned
  readonly squares: Float64Array; // [blocks] sum of squares of the mean gradient in each block
  readonly lossSums: Float64Array; // [leaves] sum of the losses of each leaf's rows
  readonly rankNotes: Float64Array; // messages between ranks in a step: see rank-step.ts; empty without other ranks
  readonly scalars: Float64Array; // scalars of the optimizer
  readonly scheduleState: Float64Array;
  readonly learningRates: Float64Array; // [RING] learning rate of step n at n mod RING, written between spans
  readonly losses: Float64Array; // [RING] mean loss of each step of a span
  readonly norms: Float64Array; // [RING] gradient norm of each step of a span
  readonly probeSums: Float64Array; // [leaves, probeLength] of the last probed step; empty if no step is probed
  readonly passMemory: Float64Array; // workspaces of passes that run in lockstep, by leaves; empty without such layers
  readonly shared: Float64Array; // leaf sums of layers that couple rows; empty without such layers
  readonly scratch: readonly Float64Array[]; // [threads][*], private to each thread
}

/** Consecutive numbers of the whole state. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** An array of a run in the plan. */
interface Region<T extends ElementType = ElementType> {
  readonly name: string; // name in plans and errors
  readonly type: T;
  readonly length: number;
  readonly option?: string; // option that determines its length, besides the layers
  readonly mayLieOutside?: true; // outside of the memory, since WebAssembly does not access it
}

/** The layout of the shared memory of a run. It depends only on its options, so every thread finds the same offsets. */
export interface ArenaPlan {
  readonly bytes: number; // size of the memory
  readonly outside: readonly number[]; // size of each buffer outside of it
  readonly rows: number; // gradient rows
  readonly parts: readonly ArenaPart[];
  bind(memory: WasmMemory, outside: readonly SharedArrayBuffer[]): Arena;
}

/** Whether the kernels of a backend can access arrays outside of the memory. */
const reachesOutside: Readonly<Record<BackendName, boolean>> = {
  reference: true,
  wasm: false,
  native: true,
  blas: false,
};

/** Bytes of the longest array in V8 11.3: 2³² numbers. */
export const maxArrayBytes = (type: ElementType): number => bytesOfElements(type, 2 ** 32);

/** Largest memory of a run, in bytes. The reference uses a plain SharedArrayBuffer of any size. */
export const maxInsideBytes = (backend: BackendName): number => (backend === 'reference' ? Infinity : MAX_BYTES);

/**
 * Offset of a region in its own buffer. glibc puts 16 bytes before a large block, so this offset is 64-byte aligned;
 * elsewhere vectors may cross cache lines, which only costs time.
 */
const OUTSIDE_START = ALIGNMENT - 16;

/** Position of a region: in the memory, or in a buffer outside of it, by the buffer's index. */
interface ArenaSlot {
  readonly buffer: number | null; // null: in the memory
  readonly offset: number; // in bytes
}

/**
 * Plans the arrays. Gradients and optimizer state lie outside of the memory if and only if everything together does not
 * fit into it. `scratchLength` takes as long to compute as the rest for networks with many layers, and does not depend
 * on the number of threads.
 * @throws OptionError with the size of each part if the arrays that must lie in the memory exceed the 4 GiB of 32-bit
 * addresses; nothing is allocated.
 */
export function planArena(options: ArenaOptions, scratchLength = countScratch(options)): ArenaPlan {
  const { backend, insideBytes = maxInsideBytes(backend) } = options;
  const insideLayout = layOut(options, scratchLength, { usesOutside: false });
  const fits = insideLayout.bytes <= insideBytes || !reachesOutside[backend];
  const plan = fits ? insideLayout : layOut(options, scratchLength, { usesOutside: true });
  const bound = `the address space of the kernels${fits ? '' : ', without gradients and optimizer state'}`;
  checkMemory(
    plan.parts.filter(({ isOutside }) => !isOutside),
    { bytes: maxInsideBytes(backend), bound },
  );
  for (const part of plan.parts) {
    checkMemory([part], { bytes: maxArrayBytes(part.type), bound: 'the longest array of Node 20' });
  }
  return plan;
}

interface ArenaPart extends Part {
  readonly type: ElementType;
  readonly isOutside: boolean; // whether it lies outside of the memory
}

function layOut(options: ArenaOptions, scratchLength: number, { usesOutside }: { usesOutside: boolean }): ArenaPlan {
  const rows = gradientRowsOf(options, options.threads, options.probes ?? false);
  let end = 0;
  const bufferBytes: number[] = []; // of each buffer outside of the memory
  const slots: ArenaSlot[] = [];
  const parts: ArenaPart[] = [];
  allocateArena(options, rows, scratchLength, ({ name, type, length, option, mayLieOutside = false }) => {
    const isOutside = usesOutside && mayLieOutside && length > 0;
    const regionBytes = bytesOfElements(type, length);
    const bytes = isOutside ? OUTSIDE_START + regionBytes : align(regionBytes);
    slots.push(isOutside ? { buffer: bufferBytes.length, offset: OUTSIDE_START } : { buffer: null, offset: end });
    parts.push({ name, bytes, type, ...(option === undefined ? {} : { option }), isOutside });
    if (isOutside) bufferBytes.push(bytes);
    else end += bytes;
    return createElements(type, 0); // a plan has no memory
  });
  const bytes = Math.ceil((end + TAIL_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  parts.push({ name: 'tables of the kernels', bytes: bytes - end, type: FLOAT64, isOutside: false });
  return {
    bytes,
    outside: bufferBytes,
    rows,
    parts,
    bind(memory, outsideBuffers) {
      const sizes = [memory.buffer, ...outsideBuffers].map(({ byteLength }) => byteLength);
      const plannedSizes = [bytes, ...bufferBytes];
      if (sizes.join() !== plannedSizes.join()) {
        throw new Error(
          `planArena: memory has ${sizes.join(' + ')} bytes, expected ${plannedSizes.join(' + ')} (the plan's)`,
        );
      }
      let slotIndex = 0;
      return allocateArena(options, rows, scratchLength, ({ type, length }) => {
        const { buffer, offset } = slots[slotIndex++];
        return elementView(type, buffer === null ? memory.buffer : outsideBuffers[buffer], offset, length);
      });
    },
  };
}

/** The one list of a run's arrays, in memory order: `allocate` plans the offset of each, or binds it to memory. */
function allocateArena(
  options: ArenaOptions,
  rows: number, // rows of gradients
  scratchLength: number,
  allocate: <T extends ElementType>(region: Region<T>) => ElementsOf<T>,
): Arena {
  const { network, optimizer, schedule, threads, elementType, probes = false, cluster = null } = options;
  const P = network.parameterCount;
  const leaves = leafCount(options.batch, options.leafRows);
  const activations = `activations of ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  const theta = allocate({ name: 'parameters', type: elementType, length: P });
  const gSum = allocate({
    name: 'gradients',
    type: elementType,
    length: rows * gradientStride(elementType, gradientLength(network)),
    option: 'threads',
    mayLieOutside: true,
  });
  const ranges = rangesOfRank(options);
  const ownedParameters = ranges.reduce((sum, { length }) => sum + length, 0);
  const rankRows = cluster === null ? 0 : maxRankGradientRows(cluster, options);
  const rankStride = cluster === null ? 0 : gradientStride(elementType, rankGradientLength(network, cluster));
  const rankGradients = allocate({
    name: 'gradients of all ranks',
    type: elementType,
    length: rankRows * rankStride,
    mayLieOutside: true,
  });
  // Each rank has its part of these slots, and all of a moving average, the last slot.
  const ownedSlots = optimizer.slots.length - (optimizer.smoothingAt === undefined ? 0 : 1);
  const state = optimizer.slots.map((slot, k) => {
    const region = { name: `optimizer state ${slot}`, type: elementType };
    // The moving average stays inside, since evaluations read it like weights.
    return allocate(
      k < ownedSlots ? { ...region, length: ownedParameters, mayLieOutside: true } : { ...region, length: P },
    );
  });
  const directions = allocate({
    name: 'matrices to orthogonalize',
    type: elementType,
    length: cluster === null || optimizer.matrices === undefined ? 0 : P,
    mayLieOutside: true,
  });
  const blocks = blockCount(P);
  return {
    theta,
    gSum,
    rankGradients,
    state,
    directions,
    ownedRanges: ranges,
    evaluatedTheta: state[ownedSlots] ?? theta,
    squares: allocate({ name: 'block norms', type: FLOAT64, length: blocks }),
    lossSums: allocate({ name: 'losses of the leaves', type: FLOAT64, length: leaves }),
    rankNotes: allocate({
      name: 'notes of the ranks',
      type: FLOAT64,
      length: cluster === null ? 0 : rankNotesLength(cluster.connection.ranks, leaves, blocks),
    }),
    scalars: allocate({ name: 'optimizer scalars', type: FLOAT64, length: optimizer.initialScalars.length }),
    scheduleState: allocate({ name: 'schedule state', type: FLOAT64, length: schedule.initialState.length }),
    learningRates: allocate({ name: 'rate ring', type: FLOAT64, length: RING }),
    losses: allocate({ name: 'loss ring', type: FLOAT64, length: RING }),
    norms: allocate({ name: 'norm ring', type: FLOAT64, length: RING }),
    probeSums: allocate({
      name: 'looks into layers',
      type: FLOAT64,
      length: probes ? leaves * probeLength(network) : 0,
    }),
    shared: allocate({ name: 'statistics of the batch', type: FLOAT64, length: sharedLength(options) }),
    passMemory: allocate({
      name: 'activations of the batch',
      type: FLOAT64,
      length: passMemoryLength(options),
      option: 'batch',
    }),
    scratch: Array.from({ length: threads }, () =>
      allocate({ name: activations, type: FLOAT64, length: scratchLength, option: 'batch' }),
    ),
  };
}

/** The part of the state that this rank has; all of it without other ranks. */
function rangesOfRank({ network, cluster = null }: Pick<ArenaOptions, 'network' | 'cluster'>): readonly Range[] {
  if (cluster === null) return [{ offset: 0, length: stateLength(network.gradientRanges) }];
  const blocks = ownershipOf(network, cluster).blocksOf[cluster.connection.rank];
  return blocks
    .filter(({ length }) => length > 0)
    .map(({ offset, length, rowShift }) => ({ offset: offset + rowShift, length }))
    .sort((a, b) => a.offset - b.offset);
}

export const countScratch = (shape: ScratchShape): number =>
  countDoubles((allocate) => takeThreadScratch(shape, allocate), shape.elementType);

/** The bytes rounded up to whole cache lines. */
export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
