import type { Pausable } from '@gradloom/core';
import { bytesOfElements, stateLength } from '@gradloom/core/internal';
import type { DataSplits } from '../../data/dataset.ts';
import { addressable, continuationBytes } from '../../engine/evaluation/predictor.ts';
import { type ArenaOptions, type ArenaPlan, countScratch, planArena } from '../../engine/memory/arena.ts';
import type { MemoryBudget } from '../../engine/memory/memory-budget.ts';
import { chunksOf, evaluationParts, threadParts, trainingBytes } from '../../engine/memory/run-memory.ts';
import { rankParameterCount } from '../../engine/step/owned-blocks.ts';
import { type ChosenBackend, openTeamSetup, type TeamPlan } from '../../engine/threads/team-setup.ts';
import type { Part } from '../../system/memory/memory.ts';
import { copyArray } from '../../system/turns/in-turns.ts';
import { maxPieceNumbers } from '../lockstep/state-shares.ts';
import { maxOrderSlots } from './orders.ts';
import type { RunPlan } from './plan.ts';
import { layOutRun, type RunLayout } from './run-layout.ts';
import { planTexts } from './text-log.ts';
import { fewerThreadsWarning, noTextsWarning } from './warnings.ts';

/** A run with its memory. If no weights are given, its threads draw them later. */
export interface PreparedRun extends RunLayout {
  readonly plan: RunPlan; // with as many threads as fit into memory
  readonly budget: MemoryBudget;
  readonly plannedBytes: number;
}

/** Allocates a run's memory and fills in optimizer, schedule and given weights for the first step. */
export function* prepareRun(requested: RunPlan, { train, validation, test }: DataSplits): Pausable<PreparedRun> {
  const { network, parameters } = requested;
  const texts = textBytes(requested) <= addressable.bytes;
  const limits = {
    chunks: chunksOf(network, [validation?.rows ?? 0, test?.rows ?? 0]),
    orderSlots: requested.shuffle ? maxOrderSlots(train.rows, requested.totalEpochs) : 0,
    texts,
  };
  const shape = { ...requested, sharers: requested.ranks?.ranksHere ?? 1 };
  const { team, layout, budget, room, plannedBytes } = openTeamSetup(shape, limits, (choice) => {
    const options = { ...requested, ...choice, cluster: requested.ranks ?? null };
    const scratchLength = countScratch(options);
    return (budget) => planTraining(options, train.rows, scratchLength, budget);
  });
  const warnings = [...requested.warnings];
  if (budget.threads < requested.threads) warnings.push(fewerThreadsWarning(budget.threads, requested.threads, room));
  if (!budget.texts) warnings.push(noTextsWarning(textBytes(requested), texts ? room : addressable));
  const plan = { ...requested, threads: budget.threads, warnings };
  const run = yield* layOutRun(plan, team, layout, train, budget.orderSlots);
  const { theta, evaluatedTheta } = run.arena;
  if (parameters !== null) {
    yield* copyArray(theta, parameters);
    if (evaluatedTheta !== theta) yield* copyArray(evaluatedTheta, parameters);
  }
  return { ...run, plan, budget, plannedBytes };
}

/** Memory plan of a run on `rows` rows with some budget. */
function planTraining(
  options: Omit<RunPlan, 'backend' | 'cluster'> & ChosenBackend & Pick<ArenaOptions, 'cluster'>,
  rows: number,
  scratchLength: number,
  budget: MemoryBudget,
): TeamPlan<ArenaPlan> {
  const { network, loss } = options;
  const layout = planArena({ ...options, threads: budget.threads }, scratchLength);
  const parts = [
    ...layout.parts,
    ...threadParts(options, budget, trainingBytes(options, layout.rows)),
    ...stateParts(options, rows, budget),
    ...evaluationParts(network, loss, budget),
  ];
  return { layout, parts };
}

/** Bytes of weights from probes that V8 lets pile up before it collects them. */
const PROBE_GARBAGE_BYTES = 128 * 1024 ** 2;

/** Copies of the weights for probes: at the start, in the newest event, and in the last, which a listener may hold. */
const PROBE_COPIES = 3;

/** Copies for early stopping: the best weights, the current ones during the final test, and those of the result. */
const BEST_COPIES = 3;

/** Copies of epoch losses: while they are collected, in a checkpoint, and in the result. */
const LOSS_COPIES = 3;

/** Memory of the texts that the model writes while it trains. Rank 0 writes them. */
export function textBytes(plan: Omit<RunPlan, 'backend' | 'cluster'>): number {
  if ((plan.ranks?.connection.rank ?? 0) > 0 || planTexts(plan) === null) return 0;
  return continuationBytes(plan.network, plan.loss, plan.elementType);
}

/** Memory of the main thread. The result takes over the copy for faults, unless that is in shared memory. */
export function stateParts(
  plan: Omit<RunPlan, 'backend' | 'cluster'>,
  rows: number,
  { orderSlots, texts }: Pick<MemoryBudget, 'orderSlots' | 'texts'>,
): Part[] {
  const { network, optimizer, onNan, probe, totalEpochs, context } = plan;
  const weights = bytesOfElements(plan.elementType, network.parameterCount);
  // With other ranks, a rank holds the state of its own parameters only, but the whole moving average.
  const wholeState = stateLength(network.gradientRanges);
  const rankState = plan.ranks == null ? wholeState : rankParameterCount(network, plan.ranks);
  const averages = optimizer.smoothingAt === undefined ? 0 : 1;
  const slots = bytesOfElements(plan.elementType, rankState) * (optimizer.slots.length - averages);
  const state = weights * (1 + averages) + slots;
  // To write a checkpoint, rank 0 gathers the state of all ranks, and also that for a rollback.
  const isFirstRank = plan.ranks?.connection.rank === 0;
  const gatheredCopies = isFirstRank && plan.checkpoint !== null ? 1 + Number(onNan === 'rollback') : 0;
  const allSlots = bytesOfElements(plan.elementType, wholeState) * (optimizer.slots.length - averages);
  const receivers = isFirstRank && plan.resume !== null ? plan.ranks.connection.ranks : 1;
  const pieces = bytesOfElements(plan.elementType, maxPieceNumbers(receivers, network.parameterCount));
  const probeBytes = probe === null ? 0 : PROBE_COPIES * weights;
  const probeGarbage = probe === null ? 0 : Math.min(PROBE_GARBAGE_BYTES, weights * probe.count(context.totalSteps));
  return [
    { name: 'orders of the rows', bytes: orderSlots * rows * 4 },
    { name: 'weights of the rows', bytes: plan.hasRowWeights ? rows * 8 : 0 },
    { name: 'copy of the state for faults', bytes: state },
    { name: 'state of all ranks for checkpoints', bytes: rankState < wholeState ? gatheredCopies * allSlots : 0 },
    { name: 'pieces of the state for other ranks', bytes: pieces },
    { name: 'list of messages between ranks', bytes: plan.ranks?.connection.ledger.byteLength ?? 0 },
    { name: 'copy of the state for rollbacks', bytes: onNan === 'rollback' ? state : 0 },
    { name: 'weights of the best evaluation', bytes: plan.early === null ? 0 : BEST_COPIES * weights },
    { name: 'copies for looks', bytes: probeBytes + probeGarbage },
    { name: 'texts that the model writes', bytes: texts ? textBytes(plan) : 0 },
    { name: 'losses of the epochs', bytes: LOSS_COPIES * totalEpochs * 8, option: 'epochs' },
    { name: 'result', bytes: onNan === 'rollback' ? weights : 0 },
  ];
}
