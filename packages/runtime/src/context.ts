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
  type Pass,
} from '@gradloom/core';
import {
  type BlockUpdate,
  bindTensors,
  createAllocator,
  createBlockUpdate,
  createProbe,
  gradientOf,
  gradientStride,
  MOST_NODE_ROWS,
  probeLength,
  recordSteps,
  targetColumns,
  viewOf,
  type Workspace,
} from '@gradloom/core/internal';
import { type Arena, planArena } from './arena.ts';
import { createBackendKernels } from './backend.ts';
import { type Clock, createClock } from './measure/clock.ts';
import { shapeOf, type TeamPart, teamOptions } from './team-part.ts';
import { STEPS, takeThreadScratch } from './thread-scratch.ts';
import type { RunSetup } from './threads/protocol.ts';
import { specOf } from './threads/shared-spec.ts';
import { createWorkClock, type WorkClock } from './tuning/work-clock.ts';

/** As `held`: the workspace may hold any rows. */
export const NO_ROWS = -1;

/** A thread's own view of a run: the same network over the same memory, its own kernels and scratch. */
export interface RunContext {
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly kernels: Kernels;
  readonly workspace: Workspace;
  readonly theta: readonly (readonly Float64Array[])[];
  readonly lossSum: Float64Array; // [1] this thread's own, for chunks of an evaluation
  readonly lossSlots: readonly Float64Array[]; // [leaves] from where each leaf's summed loss goes
  readonly gradientRows: readonly Float64Array[]; // [rows][P]
  readonly gradients: readonly (readonly (readonly Float64Array[])[])[]; // one a row, tensor by tensor
  readonly probes: readonly Inspect[]; // one a leaf; none where the run has no looks
  readonly clock: Clock | null; // where the run has a profile
  readonly workClock: WorkClock;
  readonly update: BlockUpdate;
  readonly parts: Map<string, TeamPart>; // of the thread in teams that it has been in
  part: TeamPart | null; // in this span
  readonly allWhole: boolean; // no batch of an epoch is shorter than the others
  readonly keepsRows: boolean; // a leaf has the same rows in every epoch, and a pass leaves them as they are
  held: number; // place in an epoch of the leaf at which the rows that the workspace holds begin, or NO_ROWS
  readonly tapesOf: Float64Array; // [1] size of the team whose passes the tapes hold
  readonly passTapes: readonly Float64Array[];
  readonly updateTape: Float64Array; // [tapeLength] holds the update of the thread's blocks in a span
  playUpdate: (() => void) | null; // that of a whole batch in one call, where it can be
  // whole steps of a team of one, where they can be recorded
  readonly takeSteps: ((at: number, steps: number) => number) | null;
  readonly hypers: readonly Float64Array[]; // [STEPS][hyperLength] of theirs
  readonly firstScalars: Float64Array; // the optimizer's before them
  readonly rate: Float64Array; // [1] learning rate of the step
  readonly hyper: Float64Array;
  readonly scale: Float64Array; // [1] what clipping multiplies the gradient by
  readonly pass: Pass;
  readonly targetColumns: number;
  readonly cores: number;
}

/** Builds thread `thread`'s context: all that a span allocates, it allocates here. */
export function createContext(setup: RunSetup, thread: number): RunContext {
  const network = buildNetwork(specOf(setup.spec));
  const loss = createLoss(setup.loss);
  const optimizer = createOptimizer(setup.optimizer);
  const schedule = createSchedule(setup.schedule, setup.context);
  const { batch, lastBatch, leaf, threads, probes, heapBase, insideBytes } = setup;
  const backend = setup.backend.name;
  const layout = planArena({
    ...{ network, loss, optimizer, schedule, batch, lastBatch, leaf },
    ...{ threads, probes, backend, heapBase, insideBytes },
  });
  const arena = layout.bind(setup.memory, setup.outside);
  const P = network.parameterCount;
  const scratch = takeThreadScratch(
    { network, loss, optimizer, backend, batch, lastBatch, leaf },
    createAllocator('createContext', arena.scratch[thread]),
  );
  const { workspace, hyper, hypers, lossSum, updateTape } = scratch;
  const scale = scratch.scale.fill(1);
  const kernels = createBackendKernels(setup.backend, {
    module: setup.module,
    code: setup.code,
    memory: setup.memory,
    outside: setup.outside,
    scratch: scratch.kernels,
  });
  const looks = probeLength(network);
  const theta = bindTensors(network, arena.theta);
  const leaves = arena.lossSums.length;
  const lossSlots = Array.from({ length: leaves }, (_, k) => viewOf(arena.lossSums, k, leaves - k));
  const rowCount = P === 0 ? 0 : arena.gSum.length / gradientStride(P);
  const gradientRows = Array.from({ length: rowCount }, (_, row) => gradientOf(arena.gSum, P, row));
  const gradients = gradientRows.map((row) => bindTensors(network, row));
  const pass: Pass = { kernels, training: true, seed: setup.seed, step: 0, firstRow: 0, leaf, joins: false };
  const allWhole = setup.dataset !== null && setup.dataset.rows % batch === 0;
  const keepsRows = setup.orders === null && workspace.outputs[0] !== workspace.x;
  const isOnePass = leaf > 0 && batch <= MOST_NODE_ROWS && teamOptions(shapeOf(setup), batch, 1, false).most >= leaves;
  const isOneBatch = isOnePass && keepsRows && setup.dataset?.rows === batch;
  const H = optimizer.hyperLength;
  const memory = { ...arena, workspace, parameters: theta, gradients: gradients[0], hyper, hypers };
  const canTake = isOneBatch && setup.clipNorm === null && setup.times === null;
  return {
    setup,
    arena,
    network,
    loss,
    optimizer,
    kernels,
    workspace,
    theta,
    lossSum,
    lossSlots,
    gradientRows,
    gradients,
    probes: Array.from({ length: probes ? leaves : 0 }, (_, k) =>
      createProbe(network, workspace, viewOf(arena.probeSums, k * looks, looks)),
    ),
    clock: setup.times === null ? null : createClock(setup.times, thread),
    workClock: createWorkClock(setup.workTimes, thread),
    update: createBlockUpdate(kernels, optimizer, network, arena, hyper, scale),
    parts: new Map(),
    part: null,
    allWhole,
    keepsRows,
    held: NO_ROWS,
    tapesOf: scratch.tapesOf,
    passTapes: scratch.passTapes,
    updateTape,
    playUpdate: null,
    takeSteps: canTake ? recordSteps(scratch.stepsTape, network, loss, optimizer, memory, batch, pass) : null,
    hypers: Array.from({ length: canTake ? STEPS : 0 }, (_, k) => viewOf(hypers, k * H, H)),
    firstScalars: new Float64Array(optimizer.initialScalars.length),
    rate: new Float64Array(1),
    hyper,
    scale,
    pass,
    targetColumns: targetColumns(network, loss),
    cores: availableParallelism(),
  };
}
