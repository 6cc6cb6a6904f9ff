import type {
  ElementType,
  Loss,
  LossSpec,
  Network,
  Optimizer,
  OptimizerSpec,
  Pausable,
  Schedule,
  ScheduleContext,
  ScheduleSpec,
} from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { type Arena, countScratch, mostInside, planArena } from '../arena.ts';
import { compileFor, resolveBackend } from '../backend.ts';
import type { BackendChoice } from '../backend-choices.ts';
import type { DataSplits } from '../datasets/dataset.ts';
import { allocateTimes } from '../measure/clock.ts';
import { fitMemory, type Means } from '../memory/fit-memory.ts';
import { bytesOf, type MemoryRoom, type Part } from '../memory/memory.ts';
import { memoryRoom } from '../memory/memory-room.ts';
import { chunksOf, evaluationParts, stateParts, threadParts } from '../memory/run-memory.ts';
import { allocateOutside, allocateSharedMemory } from '../memory/shared-memory.ts';
import { allocateControl } from '../threads/barrier.ts';
import type { RunSetup } from '../threads/protocol.ts';
import { shareSpec } from '../threads/shared-spec.ts';
import { allocateWorkTimes } from '../tuning/work-clock.ts';
import { copyArray } from '../turns/arrays.ts';
import { createOrders, type Orders, orderSlots } from './orders.ts';
import type { RunPlan } from './plan.ts';
import { fewerThreads } from './warnings.ts';

/** The parameters of the memory layout, from which threads rebuild the run. */
export interface RunShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly lossSpec: LossSpec;
  readonly optimizerSpec: OptimizerSpec;
  readonly scheduleSpec: ScheduleSpec;
  readonly context: ScheduleContext;
  readonly elementType: ElementType;
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last
  readonly leaf: number; // rows of a leaf; 0 where nothing is trained
  readonly couples: boolean; // see couplesRows
  readonly threads: number; // fewer where memory is short
  readonly ownThreads: boolean; // that are started for it, rather than those of a pool
  readonly seed: number;
  readonly clipNorm: number | null;
  readonly probes?: boolean;
  readonly profile?: boolean;
  readonly backend: BackendChoice;
  readonly blas: string | undefined;
  readonly insideBytes?: number; // see arena.ts
}

let lastRun = 0;

/** A run with its memory allocated, all zeros. */
export interface OpenedRun {
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly means: Means;
  readonly room: MemoryRoom; // that it was fitted into
  readonly plannedBytes: number;
}

/**
 * Allocates everything that the threads of a run will use; `partsOf` is what it takes in addition, for the resources it
 * gets: those of `wanted` that fit into memory.
 * @throws OptionError if even the minimum does not fit, before anything is allocated.
 */
export function* openRun(
  shape: RunShape,
  wanted: Means,
  partsOf: (means: Means) => readonly Part[],
): Pausable<OpenedRun> {
  const { network, batch, lastBatch, leaf, couples } = shape;
  const backend = resolveBackend(shape.backend, shape.blas, network);
  const compiled = compileFor(backend);
  yield;
  const { insideBytes = mostInside(backend.name) } = shape;
  const options = { ...shape, backend: backend.name, heapBase: compiled.heapBase, insideBytes };
  const scratchLength = countScratch(options);
  yield;
  const planOf = (means: Means) => {
    const layout = planArena({ ...options, threads: means.threads }, scratchLength);
    return {
      layout,
      parts: [...layout.parts, ...threadParts({ ...shape, rows: layout.rows }, means), ...partsOf(means)],
    };
  };
  const room = memoryRoom();
  const { plan, means } = yield* fitMemory(planOf, wanted, room);
  const { layout, parts } = plan;
  const { threads } = means;
  const memory = allocateSharedMemory(layout.bytes, compiled.module);
  const outside = layout.outside.map(allocateOutside);
  yield;
  lastRun++;
  const setup: RunSetup = {
    run: lastRun,
    // Threads rebuild the run from these.
    spec: yield* shareSpec(network.spec),
    loss: shape.lossSpec,
    optimizer: shape.optimizerSpec,
    schedule: shape.scheduleSpec,
    context: shape.context,
    elementType: shape.elementType,
    batch,
    lastBatch,
    leaf,
    couples,
    threads,
    seed: shape.seed,
    clipNorm: shape.clipNorm,
    probes: shape.probes ?? false,
    times: shape.profile ? allocateTimes(threads) : null,
    workTimes: allocateWorkTimes(threads),
    backend,
    ...compiled,
    memory,
    outside,
    insideBytes,
    control: allocateControl(),
    dataset: null,
    orders: null,
  };
  return { setup, arena: layout.bind(memory, outside), means, room, plannedBytes: bytesOf(parts) };
}

/** A run's memory; its threads draw the weights where they are not given. */
export interface PreparedRun extends OpenedRun {
  readonly plan: RunPlan; // with the threads that there is memory for
  readonly orders: Orders | null;
}

/** Opens a run and fills in optimizer, schedule and the weights that are given, as the first step reads them. */
export const prepareRun = (plan: RunPlan, data: DataSplits): PreparedRun => complete(prepareRunInTurns(plan, data));

/** Likewise, with pauses. */
export function* prepareRunInTurns(asked: RunPlan, { train, validation, test }: DataSplits): Pausable<PreparedRun> {
  const wanted: Means = {
    threads: asked.threads,
    chunks: chunksOf([validation?.rows ?? 0, test?.rows ?? 0]),
    orders: asked.shuffle ? orderSlots(train.rows, asked.totalEpochs) : 0,
  };
  const opened = yield* openRun(asked, wanted, (means) => [
    ...stateParts(asked, train.rows, means),
    ...evaluationParts(asked.network, asked.loss, means),
  ]);
  const { setup, arena, means } = opened;
  const plan = withThreads(asked, opened);
  if (plan.parameters !== null) yield* copyArray(arena.theta, plan.parameters);
  arena.scalars.set(plan.optimizer.initialScalars);
  arena.scheduleState.set(plan.schedule.initialState);
  const orders = plan.shuffle ? createOrders(plan.seed, train.rows, plan.totalEpochs, means.orders) : null;
  return { ...opened, plan, setup: { ...setup, dataset: train, orders: orders?.array ?? null }, orders };
}

function withThreads(plan: RunPlan, { means: { threads }, room }: OpenedRun): RunPlan {
  if (threads === plan.threads) return plan;
  const message = fewerThreads(threads, plan.threads, room);
  return { ...plan, threads, warnings: [...plan.warnings, message] };
}
