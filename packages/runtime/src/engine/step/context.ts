import { buildNetwork, createLoss, createSchedule, type Elements, type Inspect, type Optimizer } from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createAllocator,
  createProbe,
  type Gradients,
  gradientLength,
  gradientOf,
  gradientStride,
  type Tensors,
  viewOf,
} from '@gradloom/core/internal';
import { createEvaluationContext, type EvaluationContext } from '../evaluation/evaluation.ts';
import { type Arena, planArena } from '../memory/arena.ts';
import { type ThreadScratch, takeThreadScratch } from '../memory/thread-scratch.ts';
import { type Barrier, createBarrier } from '../threads/barrier.ts';
import { specOf } from '../threads/create-team-setup.ts';
import type { RunSetup } from '../threads/protocol.ts';
import type { ThreadEnvironment } from '../threads/thread-environment.ts';
import { type Clock, createClock, createWorkClock, type WorkClock } from './clock.ts';
import { optimizerOf } from './optimizer-of.ts';
import { shapeOf } from './team-part.ts';

/** A thread's view of a run: the shared network and memory, with its own kernels, programs and scratch. */
export interface RunContext extends EvaluationContext, Omit<ThreadScratch, 'kernels'> {
  readonly setup: RunSetup;
  readonly thread: number;
  readonly arena: Arena;
  readonly theta: Tensors; // trained weights
  readonly optimizer: Optimizer;
  readonly gradientRows: readonly Elements[]; // [rows][gradientLength]
  readonly gradients: readonly Gradients[]; // tensors of each row
  readonly inspectProbe: Inspect | undefined; // inspects the layers of a leaf; undefined if no step is probed
  readonly clock: Clock | null; // null unless the run has a profile
  readonly workClock: WorkClock;
  readonly scalarsAhead: Float64Array; // scalars of the optimizer at the next step whose hyperparameters are unwritten
  readonly learningRate: Float64Array; // [1] learning rate of a step
  readonly stopFlag: Float64Array; // [1] the last element of `stepResult`
  readonly cores: number; // cores that the team may use
  readonly environment: ThreadEnvironment;
  step: number; // the current step
  spanSteps: number; // number of steps in the span
  isTimed: boolean; // whether working and waiting are timed in this step
  barrier: Barrier; // barrier of the current team
}

/** Builds the context of thread `thread`. Everything that spans need is allocated here. */
export function createContext(setup: RunSetup, thread: number, environment: ThreadEnvironment): RunContext {
  const customParts = environment.partsOf(setup);
  const network = buildNetwork(specOf(setup.spec), customParts);
  const loss = createLoss(setup.loss, customParts);
  const optimizer = optimizerOf(setup.optimizer, setup.ema);
  const schedule = createSchedule(setup.schedule, setup.context, customParts);
  const { elementType, passRows, threads, probes, insideBytes, maxNorm, augment, cluster } = setup;
  const hasRowWeights = setup.weights !== null;
  const computation = { network, loss, optimizer, elementType };
  const shape = { ...shapeOf(setup), ...computation, passRows, threads, probes, hasRowWeights, maxNorm, augment };
  const arena = planArena({ ...shape, schedule, insideBytes }).bind(setup.memory, setup.outside);
  const G = gradientLength(network);
  const scratch = takeThreadScratch(shape, createAllocator('createContext', arena.scratch[thread], elementType));
  const { workspace } = scratch;
  scratch.scale.fill(1);
  scratch.increment.fill(1);
  const model = bindTensors(network, arena.evaluatedTheta);
  const evaluation = createEvaluationContext(setup, network, loss, model, scratch, environment);
  const rowCount = G === 0 ? 0 : arena.gSum.length / gradientStride(elementType, G);
  const gradientRows = Array.from({ length: rowCount }, (_, row) => gradientOf(arena.gSum, G, row));
  const cores = cluster?.cores ?? environment.cores;
  return {
    ...scratch,
    ...evaluation,
    theta: arena.evaluatedTheta === arena.theta ? evaluation.model : bindTensors(network, arena.theta),
    thread,
    arena,
    optimizer,
    gradientRows,
    // Without parameters there are no gradient rows.
    gradients:
      G === 0 ? [bindGradients(network, new Float64Array(0))] : gradientRows.map((row) => bindGradients(network, row)),
    inspectProbe: probes ? createProbe(network, workspace, scratch.probe) : undefined,
    clock: setup.times === null ? null : createClock(setup.times, thread),
    workClock: createWorkClock(setup.workTimes, thread),
    scalarsAhead: new Float64Array(optimizer.initialScalars.length),
    learningRate: new Float64Array(1),
    stopFlag: viewOf(scratch.stepResult, 1, 1),
    cores,
    environment,
    step: 0,
    spanSteps: 0,
    isTimed: false,
    barrier: createBarrier(setup.control, 1, cores),
  };
}
