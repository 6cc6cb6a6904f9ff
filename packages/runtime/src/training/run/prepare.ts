import type { Pausable } from '@gradloom/core';
import type { DataSplits, Dataset } from '../../data/dataset.ts';
import { countedPositions } from '../../data/targets.ts';
import { addressable } from '../../engine/evaluation/predictor.ts';
import {
  type Arena,
  type ArenaOptions,
  type ArenaPlan,
  countScratch,
  mostInside,
  planArena,
} from '../../engine/memory/arena.ts';
import type { Means } from '../../engine/memory/fit-memory.ts';
import { chunksOf, evaluationParts, threadParts, trainingBytes } from '../../engine/memory/run-memory.ts';
import { allocateTimes } from '../../engine/step/clock.ts';
import { allocateWorkTimes } from '../../engine/step/work-clock.ts';
import { type RunSetup, stepShapeOf } from '../../engine/threads/protocol.ts';
import { type Compiled, openTeamSetup, type TeamPlan } from '../../engine/threads/team-setup.ts';
import type { MemoryRoom } from '../../system/memory/memory.ts';
import { copyArray } from '../../system/turns/in-turns.ts';
import { createOrders, type Orders, orderSlots } from './orders.ts';
import type { RunPlan } from './plan.ts';
import { rowWeights } from './row-weights.ts';
import { stateParts, textBytes } from './state-memory.ts';
import { fewerThreads, noTexts } from './warnings.ts';

/** A run with its memory. If no weights are given, its threads draw them later. */
export interface PreparedRun {
  readonly plan: RunPlan; // with as many threads as fit into memory
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly orders: Orders | null;
  readonly means: Means;
  readonly plannedBytes: number;
}

/** Allocates a run's memory and fills in optimizer, schedule and given weights for the first step. */
export function* prepareRun(asked: RunPlan, { train, validation, test }: DataSplits): Pausable<PreparedRun> {
  const wanted = {
    chunks: chunksOf(asked.network, [validation?.rows ?? 0, test?.rows ?? 0]),
    orders: asked.shuffle ? orderSlots(train.rows, asked.totalEpochs) : 0,
    texts: textBytes(asked) <= addressable.bytes,
  };
  const shape = { ...asked, sharers: asked.ranks?.ranksHere ?? 1 };
  const { team, layout, means, room, plannedBytes } = yield* openTeamSetup(shape, wanted, function* (compiled) {
    const options = { ...asked, ...compiled, cluster: asked.ranks ?? null };
    const scratchLength = countScratch(options);
    yield;
    return (given) => planTraining(options, train.rows, scratchLength, given);
  });
  const arena = layout.bind(team.memory, team.outside);
  const plan = { ...withThreads(asked, means.threads, room) };
  if (!means.texts) plan.warnings = [...plan.warnings, noTexts(textBytes(asked), wanted.texts ? room : addressable)];
  if (plan.parameters !== null) {
    yield* copyArray(arena.theta, plan.parameters);
    if (arena.model !== arena.theta) yield* copyArray(arena.model, plan.parameters);
  }
  arena.scalars.set(plan.optimizer.initialScalars);
  arena.scheduleState.set(plan.schedule.initialState);
  const orders = plan.shuffle ? createOrders(plan.seed, train, plan.totalEpochs, means.orders) : null;
  const setup: RunSetup = {
    ...team,
    ...stepShapeOf(plan),
    kind: 'training',
    // Threads rebuild the optimizer from these.
    optimizer: plan.optimizerSpec,
    schedule: plan.scheduleSpec,
    cluster: plan.ranks ?? null,
    probes: plan.probes ?? false,
    times: plan.profile ? allocateTimes(means.threads) : null,
    workTimes: allocateWorkTimes(means.threads),
    insideBytes: plan.insideBytes ?? mostInside(team.backend.name),
    dataset: orders === null ? train : drawnFrom(train),
    weights: plan.weighing === null ? null : yield* rowWeights(train, plan.weighing),
    counted: yield* countedPositions(train),
    orders: orders?.array ?? null,
  };
  return { plan, setup, arena, orders, means, plannedBytes };
}

/** Memory plan of a run on `rows` rows with the given means. */
function planTraining(
  options: Omit<RunPlan, 'backend' | 'cluster'> & Compiled & Pick<ArenaOptions, 'cluster'>,
  rows: number,
  scratchLength: number,
  means: Means,
): TeamPlan<ArenaPlan> {
  const { network, loss } = options;
  const layout = planArena({ ...options, threads: means.threads }, scratchLength);
  const parts = [
    ...layout.parts,
    ...threadParts(options, means, trainingBytes(options, layout.rows)),
    ...stateParts(options, rows, means),
    ...evaluationParts(network, loss, means),
  ];
  return { layout, parts };
}

function withThreads(plan: RunPlan, threads: number, room: MemoryRoom): RunPlan {
  if (threads === plan.threads) return plan;
  const message = fewerThreads(threads, plan.threads, room);
  return { ...plan, threads, warnings: [...plan.warnings, message] };
}

/** Windows that start at any place, if the rows are windows of one text. */
function drawnFrom(train: Dataset): Dataset {
  if (train.starts === undefined) return train;
  return { ...train, inputs: { ...train.inputs, step: 1 }, targets: { ...train.targets, step: 1 } };
}
