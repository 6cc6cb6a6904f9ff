import {
  complete,
  type Loss,
  type LossSpec,
  type Network,
  type Optimizer,
  type OptimizerSpec,
  type Pausable,
  type Schedule,
  type ScheduleContext,
  type ScheduleSpec,
} from '@gradloom/core';
import { type Arena, planArena } from './arena.ts';
import { type BackendChoice, compileFor, resolveBackend } from './backend.ts';
import { allocateControl } from './barrier.ts';
import { allocateTimes } from './clock.ts';
import type { DataSplits } from './datasets/dataset.ts';
import { checkMemory, freeMemory, type Part } from './memory.ts';
import { createOrders, type Orders } from './orders.ts';
import type { RunPlan } from './plan.ts';
import type { RunSetup } from './protocol.ts';
import { allocateSharedMemory } from './shared-memory.ts';
import { shareSpec } from './shared-spec.ts';
import { copyArray } from './turns/arrays.ts';
import { allocateWorkTimes } from './work-clock.ts';

/** What decides the layout of a run's memory and how threads rebuild the run. */
export interface RunShape {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly lossSpec: LossSpec;
  readonly optimizerSpec: OptimizerSpec;
  readonly scheduleSpec: ScheduleSpec;
  readonly context: ScheduleContext;
  readonly batch: number;
  readonly shards: number; // 0 where nothing is trained
  readonly threads: number;
  readonly seed: number;
  readonly clipNorm: number | null;
  readonly probes?: boolean;
  readonly profile?: boolean;
  readonly backend: BackendChoice;
  readonly blas: string | undefined;
}

let lastRun = 0;

/**
 * Allocates everything that threads of a run will ever use, all zeros; `copies` are what the main thread will keep besides.
 * @throws OptionError where both together do not fit into what the machine has free, before it allocates.
 */
export function* openRun(shape: RunShape, copies: readonly Part[] = []): Pausable<{ setup: RunSetup; arena: Arena }> {
  const { network, batch, shards, threads } = shape;
  const backend = resolveBackend(shape.backend, shape.blas, network);
  const compiled = compileFor(backend);
  yield;
  const layout = planArena({ ...shape, backend: backend.name, heapBase: compiled.heapBase });
  checkMemory([...layout.parts, ...copies], freeMemory(), 'what this machine has free');
  const memory = allocateSharedMemory(layout.bytes, compiled.module);
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
    batch,
    shards,
    threads,
    seed: shape.seed,
    clipNorm: shape.clipNorm,
    probes: shape.probes ?? false,
    times: shape.profile ? allocateTimes(threads) : null,
    workTimes: allocateWorkTimes(threads),
    backend,
    ...compiled,
    memory,
    control: allocateControl(),
    dataset: null,
    orders: null,
  };
  return { setup, arena: layout.bind(memory) };
}

/** A run's memory; its threads draw the weights where they are not given. */
export interface PreparedRun {
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly orders: Orders | null;
}

/** Opens a run and fills in optimizer, schedule and the weights that are given, as the first step reads them. */
export const prepareRun = (plan: RunPlan, data: DataSplits): PreparedRun => complete(prepareRunInTurns(plan, data));

/** Likewise, with pauses. */
export function* prepareRunInTurns(plan: RunPlan, { train }: DataSplits): Pausable<PreparedRun> {
  const { setup, arena } = yield* openRun(plan, copiesOf(plan));
  if (plan.parameters !== null) yield* copyArray(arena.theta, plan.parameters);
  arena.scalars.set(plan.optimizer.initialScalars);
  arena.scheduleState.set(plan.schedule.initialState);
  const orders = plan.shuffle ? createOrders(plan.seed, train.rows, plan.totalEpochs) : null;
  return { setup: { ...setup, dataset: train, orders: orders?.array ?? null }, arena, orders };
}

/** What the main thread keeps of a run: states to go back to, the weights of a look, the result. */
function copiesOf({ network, optimizer, onNan, probe }: RunPlan): Part[] {
  const bytes = network.parameterCount * 8;
  const state = bytes * (1 + optimizer.slots.length);
  return [
    { name: 'copy of the state for faults', bytes: state },
    { name: 'copy of the state for rollbacks', bytes: onNan === 'rollback' ? state : 0 },
    { name: 'copies for looks', bytes: probe === null ? 0 : 2 * bytes },
    { name: 'result', bytes },
  ];
}
