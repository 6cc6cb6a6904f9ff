import { availableParallelism } from 'node:os';
import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createSchedule,
  type Inspect,
  type Kernels,
  type Loss,
  type Network,
  type Optimizer,
} from '@gradloom/core';
import {
  bindTensors,
  createAllocator,
  createProbe,
  gradientOf,
  gradientStride,
  type Program,
  type Tensors,
  targetColumns,
  viewOf,
} from '@gradloom/core/internal';
import { type Arena, planArena } from './arena.ts';
import { createBackendKernels } from './backend.ts';
import { type Clock, createClock } from './measure/clock.ts';
import type { TeamPrograms } from './step-program.ts';
import { type ThreadScratch, takeThreadScratch } from './thread-scratch.ts';
import { type Barrier, createBarrier } from './threads/barrier.ts';
import type { RunSetup } from './threads/protocol.ts';
import { specOf } from './threads/shared-spec.ts';
import { createWorkClock, type WorkClock } from './tuning/work-clock.ts';

/** A forward pass and its loss. */
export interface Chunk {
  readonly B: number;
  readonly y: Float64Array; // [B, O]
  readonly program: Program;
}

/** A thread's own view of a run: the same network over the same memory, its own kernels, programs and scratch. */
export interface RunContext extends ThreadScratchOfRun {
  readonly setup: RunSetup;
  readonly thread: number;
  readonly arena: Arena;
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly theta: Tensors;
  readonly gradientRows: readonly Float64Array[]; // [rows][P]
  readonly gradients: readonly Tensors[]; // one a row, tensor by tensor
  readonly probeOf: Inspect | undefined; // looks at a leaf; undefined where the run has no looks
  readonly clock: Clock | null; // where the run has a profile
  readonly workClock: WorkClock;
  readonly programs: Map<string, TeamPrograms>; // of the teams that the thread has been in
  readonly scalarsAhead: Float64Array; // the optimizer's, of the first step whose hyperparameters are not yet written
  readonly rate: Float64Array; // [1] learning rate of a step
  readonly stop: Float64Array; // [1] of `note`
  readonly targetColumns: number;
  readonly cores: number;
  chunk: Chunk | null; // the last one of an evaluation
  step: number; // that runs
  most: number; // steps of the span
  isTimed: boolean; // its work and its waiting
  barrier: Barrier; // of the team that it runs in
}

type ThreadScratchOfRun = Omit<ThreadScratch, 'kernels'> & { readonly kernels: Kernels };

/** Builds thread `thread`'s context: all that a span allocates, it allocates here. */
export function createContext(setup: RunSetup, thread: number): RunContext {
  const network = buildNetwork(specOf(setup.spec));
  const loss = createLoss(setup.loss);
  const optimizer = createOptimizer(setup.optimizer);
  const schedule = createSchedule(setup.schedule, setup.context);
  const { elementType, batch, lastBatch, leaf, couples, threads, probes, heapBase, insideBytes } = setup;
  const backend = setup.backend.name;
  const shape = { network, loss, optimizer, elementType, batch, lastBatch, leaf, couples, threads, probes, backend };
  const arena = planArena({ ...shape, schedule, heapBase, insideBytes }).bind(setup.memory, setup.outside);
  const P = network.parameterCount;
  const { kernels: kernelScratch, ...scratch } = takeThreadScratch(
    shape,
    createAllocator('createContext', arena.scratch[thread]),
  );
  const kernels = createBackendKernels(setup.backend, {
    module: setup.module,
    code: setup.code,
    memory: setup.memory,
    outside: setup.outside,
    scratch: kernelScratch,
  });
  const { workspace } = scratch;
  scratch.scale.fill(1);
  scratch.one.fill(1);
  const rowCount = P === 0 ? 0 : arena.gSum.length / gradientStride(P);
  const gradientRows = Array.from({ length: rowCount }, (_, row) => gradientOf(arena.gSum, P, row));
  const cores = availableParallelism();
  return {
    ...scratch,
    setup,
    thread,
    arena,
    network,
    loss,
    optimizer,
    kernels,
    theta: bindTensors(network, arena.theta),
    gradientRows,
    // A network without parameters has no rows.
    gradients:
      P === 0 ? [bindTensors(network, new Float64Array(0))] : gradientRows.map((row) => bindTensors(network, row)),
    probeOf: probes ? createProbe(network, workspace, scratch.probe) : undefined,
    clock: setup.times === null ? null : createClock(setup.times, thread),
    workClock: createWorkClock(setup.workTimes, thread),
    programs: new Map(),
    scalarsAhead: new Float64Array(optimizer.initialScalars.length),
    rate: new Float64Array(1),
    stop: viewOf(scratch.note, 1, 1),
    targetColumns: targetColumns(network, loss),
    cores,
    chunk: null,
    step: 0,
    most: 0,
    isTimed: false,
    barrier: createBarrier(setup.control, 1, cores),
  };
}
