import { buildNetwork, createLoss, createSchedule, type Elements, type Inspect, type Optimizer } from '@gradloom/core';
import {
  bindTensors,
  createAllocator,
  createProbe,
  gradientOf,
  gradientStride,
  type Tensors,
  viewOf,
} from '@gradloom/core/internal';
import type { Exchange, Link } from '../../cluster/cluster.ts';
import { createEvaluationContext, type EvaluationContext } from '../evaluation/evaluation.ts';
import { type Arena, planArena } from '../memory/arena.ts';
import { type ThreadScratch, takeThreadScratch } from '../memory/thread-scratch.ts';
import { type Barrier, createBarrier } from '../threads/barrier.ts';
import type { Host } from '../threads/host.ts';
import type { RunSetup } from '../threads/protocol.ts';
import { type Clock, createClock } from './clock.ts';
import { optimizerOf } from './optimizer-of.ts';
import { createWorkClock, type WorkClock } from './work-clock.ts';

/** A thread's own view of a run: the same network over the same memory, its own kernels, programs and scratch. */
export interface RunContext extends EvaluationContext, Omit<ThreadScratch, 'kernels'> {
  readonly setup: RunSetup;
  readonly thread: number;
  readonly arena: Arena;
  readonly theta: Tensors; // that are trained
  readonly optimizer: Optimizer;
  readonly gradientRows: readonly Elements[]; // [rows][P]
  readonly gradients: readonly Tensors[]; // one a row, tensor by tensor
  readonly probeOf: Inspect | undefined; // looks at a leaf; undefined where the run has no looks
  readonly clock: Clock | null; // where the run has a profile
  readonly workClock: WorkClock;
  readonly scalarsAhead: Float64Array; // the optimizer's, of the first step whose hyperparameters are not yet written
  readonly rate: Float64Array; // [1] learning rate of a step
  readonly stop: Float64Array; // [1] of `note`
  readonly exchanges: Map<string, Exchange>; // with other ranks, that were planned: see sync.ts
  readonly cores: number;
  readonly host: Host;
  step: number; // that runs
  most: number; // steps of the span
  isTimed: boolean; // its work and its waiting
  barrier: Barrier; // of the team that it runs in
  link: Link | null; // to other ranks, once the thread has needed it
}

/** Builds thread `thread`'s context: all that a span allocates, it allocates here. */
export function createContext(setup: RunSetup, thread: number, host: Host): RunContext {
  const own = host.partsOf(setup);
  const network = buildNetwork(host.specOf(setup), own);
  const loss = createLoss(setup.loss, own);
  const optimizer = optimizerOf(setup.optimizer, setup.ema);
  const schedule = createSchedule(setup.schedule, setup.context, own);
  const { elementType, batch, lastBatch, leaf, rowsAtOnce, passRows, couples, threads, probes, heapBase, insideBytes } =
    setup;
  const { cluster } = setup;
  const backend = setup.backend.name;
  const rows = { batch, lastBatch, leaf, rowsAtOnce, passRows, couples, cluster };
  const weighs = setup.weights !== null;
  const shape = {
    ...rows,
    network,
    loss,
    optimizer,
    elementType,
    threads,
    probes,
    backend,
    weighs,
    maxNorm: setup.maxNorm,
  };
  const arena = planArena({ ...shape, schedule, heapBase, insideBytes }).bind(setup.memory, setup.outside);
  const P = network.parameterCount;
  const scratch = takeThreadScratch(shape, createAllocator('createContext', arena.scratch[thread], setup.elementType));
  const { workspace } = scratch;
  scratch.scale.fill(1);
  scratch.one.fill(1);
  const evaluation = createEvaluationContext(setup, network, loss, arena.model, scratch, host);
  const rowCount = P === 0 ? 0 : arena.gSum.length / gradientStride(elementType, P);
  const gradientRows = Array.from({ length: rowCount }, (_, row) => gradientOf(arena.gSum, P, row));
  const cores = cluster?.cores ?? host.cores;
  return {
    ...scratch,
    ...evaluation,
    theta: arena.model === arena.theta ? evaluation.model : bindTensors(network, arena.theta),
    thread,
    arena,
    optimizer,
    gradientRows,
    // A network without parameters has no rows.
    gradients:
      P === 0 ? [bindTensors(network, new Float64Array(0))] : gradientRows.map((row) => bindTensors(network, row)),
    probeOf: probes ? createProbe(network, workspace, scratch.probe) : undefined,
    clock: setup.times === null ? null : createClock(setup.times, thread),
    workClock: createWorkClock(setup.workTimes, thread),
    scalarsAhead: new Float64Array(optimizer.initialScalars.length),
    rate: new Float64Array(1),
    stop: viewOf(scratch.note, 1, 1),
    exchanges: new Map(),
    link: null,
    cores,
    host,
    step: 0,
    most: 0,
    isTimed: false,
    barrier: createBarrier(setup.control, 1, cores),
  };
}
