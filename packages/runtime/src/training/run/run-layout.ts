import type { Optimizer, OptimizerSpec, Pausable, Schedule, ScheduleSpec } from '@gradloom/core';
import type { Dataset } from '../../data/dataset.ts';
import { countedPositions } from '../../data/targets.ts';
import { type Arena, type ArenaPlan, maxInsideBytes } from '../../engine/memory/arena.ts';
import { allocateTimes, allocateWorkTimes } from '../../engine/step/clock.ts';
import type { ClusterShape } from '../../engine/step/cluster-shape.ts';
import { type RunSetup, type StepShape, stepShapeOf, type TeamSetup } from '../../engine/threads/protocol.ts';
import { createOrders, type Orders } from './orders.ts';
import { type RowWeighing, rowWeights } from './row-weights.ts';

/** What the memory of a run and the setup of its threads follow from. */
export interface RunShape extends StepShape {
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly optimizerSpec: OptimizerSpec;
  readonly scheduleSpec: ScheduleSpec;
  readonly totalEpochs: number; // `steps` may cut the last one short
  readonly shuffle: boolean;
  readonly weighing?: readonly RowWeighing[] | null; // of each output; default: each row counts 1
  readonly hasRowWeights?: boolean; // whether rows have weights
  readonly ranks?: ClusterShape | null; // ranks that take a step together, default only this one
  readonly probes?: boolean;
  readonly profile?: boolean;
  readonly insideBytes?: number; // limit of the memory: see arena.ts
}

/** The arrays of a run, and the setup that its threads get. */
export interface RunLayout {
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly orders: Orders | null;
}

/** Binds the arrays of a run in the memory of its team, and fills in optimizer and schedule for the first step. */
export function* layOutRun(
  run: RunShape,
  team: TeamSetup,
  plan: Pick<ArenaPlan, 'bind'>,
  train: Dataset,
  orderSlots?: number, // epochs whose row order is held at once
): Pausable<RunLayout> {
  const arena = plan.bind(team.memory, team.outside);
  arena.scalars.set(run.optimizer.initialScalars);
  arena.scheduleState.set(run.schedule.initialState);
  const orders = run.shuffle ? createOrders(run.seed, train, run.totalEpochs, orderSlots) : null;
  const setup: RunSetup = {
    ...team,
    ...stepShapeOf(run),
    kind: 'training',
    // Threads rebuild the optimizer from these.
    optimizer: run.optimizerSpec,
    schedule: run.scheduleSpec,
    cluster: run.ranks ?? null,
    probes: run.probes ?? false,
    times: run.profile ? allocateTimes(team.threads) : null,
    workTimes: allocateWorkTimes(team.threads),
    insideBytes: run.insideBytes ?? maxInsideBytes(team.backend.name),
    dataset: orders === null ? train : withWindowsAtAnyRow(train),
    weights: run.weighing == null ? null : yield* rowWeights(train, run.weighing),
    countedTargets: yield* countedPositions(train),
    orders: orders?.array ?? null,
  };
  return { setup, arena, orders };
}

/** The dataset; if its rows are windows of one text, they start at any position. */
function withWindowsAtAnyRow(train: Dataset): Dataset {
  if (train.starts === undefined) return train;
  return { ...train, inputs: { ...train.inputs, step: 1 }, targets: { ...train.targets, step: 1 } };
}
