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
  canTakeTwo,
  createAllocator,
  createBlockUpdate,
  createProbe,
  gradientOf,
  gradientStride,
  largestShard,
  probeLength,
  recordShardGradient,
  recordSteps,
  shardStart,
  targetColumns,
  viewOf,
  type Workspace,
} from '@gradloom/core/internal';
import { type Arena, planArena } from './arena.ts';
import { createBackendKernels } from './backend.ts';
import { type Clock, createClock } from './clock.ts';
import type { RunSetup } from './protocol.ts';
import { specOf } from './shared-spec.ts';
import { STEPS, takeThreadScratch } from './thread-scratch.ts';
import { createWorkClock, type WorkClock } from './work-clock.ts';

/** Value of `held` if the rows in the workspace are unknown. */
export const NO_SHARD = -1;

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
  readonly lossSlots: readonly Float64Array[]; // [S][1] where each shard's summed loss goes
  readonly pairSlots: readonly (readonly Float64Array[])[]; // of each two shards
  readonly gradients: readonly (readonly (readonly Float64Array[])[])[]; // one a shard
  // one a shard of a whole batch: its gradient in one call, where it can be
  readonly plays: readonly ((() => void) | null)[];
  readonly probes: readonly Inspect[]; // one a shard; none where the run has no looks
  readonly clock: Clock | null; // where the run has a profile
  readonly workClock: WorkClock;
  readonly update: BlockUpdate;
  readonly pairUpdate: BlockUpdate | null; // where shards can be taken two at a time
  inPairs: boolean; // they are in this span
  firstShard: number; // of the thread, in this span
  endShard: number; // behind its last
  readonly allWhole: boolean; // no batch of an epoch is shorter than the others
  readonly keepsRows: boolean; // a shard has the same rows in every epoch, and its pass leaves them as they are
  held: number; // place in an epoch of the shard whose rows the workspace holds, or NO_SHARD
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
  const { batch, shards, threads, probes, heapBase } = setup;
  const backend = setup.backend.name;
  const layout = planArena({ network, loss, optimizer, schedule, batch, shards, threads, probes, backend, heapBase });
  const arena = layout.bind(setup.memory);
  const P = network.parameterCount;
  const scratch = takeThreadScratch(
    { network, loss, optimizer, backend, batch, shards },
    createAllocator('createContext', arena.scratch[thread]),
  );
  const { workspace, hyper, hypers, lossSum, updateTape } = scratch;
  const scale = scratch.scale.fill(1);
  const kernels = createBackendKernels(setup.backend, {
    module: setup.module,
    code: setup.code,
    memory: setup.memory,
    scratch: scratch.kernels,
  });
  const looks = probeLength(network);
  const theta = bindTensors(network, arena.theta);
  const lossSlots = Array.from({ length: shards }, (_, s) => viewOf(arena.lossSums, s, 1));
  const gradients = lossSlots.map((_, s) => bindTensors(network, gradientOf(arena.gSum, P, s)));
  const pass: Pass = { kernels, training: true, seed: setup.seed, step: 0, firstRow: 0, firstOfTwo: 0 };
  const plays = scratch.shardTapes.map((tape, s) => {
    const B = shardStart(s + 1, shards, batch) - shardStart(s, shards, batch);
    return recordShardGradient(tape, lossSlots[s], network, loss, workspace, theta, gradients[s], B, pass);
  });
  const pairSums = viewOf(arena.gSum, 0, Math.floor(shards / 2) * gradientStride(P));
  const allWhole = setup.dataset !== null && setup.dataset.rows % batch === 0;
  const keepsRows = setup.orders === null && workspace.outputs[0] !== workspace.x;
  const isOneBatch = shards === 1 && keepsRows && setup.dataset?.rows === batch;
  const H = optimizer.hyperLength;
  const memory = { ...arena, workspace, parameters: theta, gradients: gradients[0], hyper, hypers };
  const canTake = isOneBatch && setup.clipNorm === null && setup.times === null;
  const largest = largestShard(batch, shards || 1);
  const pairs = shards % 2 === 0 && 2 * largest <= workspace.rows && canTakeTwo(network, kernels, largest);
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
    pairSlots: lossSlots.flatMap((slot, s) => (s % 2 === 1 ? [[lossSlots[s - 1], slot]] : [])),
    gradients,
    plays,
    probes: Array.from({ length: probes ? shards : 0 }, (_, s) =>
      createProbe(network, workspace, viewOf(arena.probeSums, s * looks, looks)),
    ),
    clock: setup.times === null ? null : createClock(setup.times, thread),
    workClock: createWorkClock(setup.workTimes, thread),
    update: createBlockUpdate(kernels, optimizer, network, arena, hyper, scale),
    pairUpdate: pairs
      ? createBlockUpdate(kernels, optimizer, network, { ...arena, gSum: pairSums }, hyper, scale)
      : null,
    inPairs: false,
    firstShard: 0,
    endShard: 0,
    allWhole,
    keepsRows,
    held: NO_SHARD,
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
