import { leafCount } from '@gradloom/core/internal';
import { RING } from '../../engine/memory/arena.ts';
import type { SpanResult } from '../../engine/threads/span.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import type { Progress } from '../checkpoints/checkpoint.ts';
import { type Evaluations, epochOf, evaluateEpoch, isEvaluated } from './evaluate-epoch.ts';
import type { ClusterFacts, TrainEvent } from './events.ts';
import { watchedLoss } from './monitors.ts';
import type { RunPlan } from './plan.ts';
import type { PreparedRun } from './prepare.ts';
import type { RunState } from './state.ts';
import { teamSize } from './state.ts';

export function startEvent({ plan, setup, plannedBytes }: PreparedRun, { step, threads }: Progress): TrainEvent {
  const { network, batch, context, tunesThreads, elementType: precision } = plan;
  const { backend } = setup;
  const leaves = leafCount(batch, plan.leafRows);
  const start = { type: 'start', parameters: network.parameterCount, threads, tunesThreads } as const;
  const facts = clusterFacts(plan);
  return { ...start, ...facts, leaves, batch, backend, precision, plannedBytes, ...context, step };
}

/** Description of a run's cluster; empty without a cluster. */
export function clusterFacts({ cluster, ranks, threads }: RunPlan): { readonly cluster?: ClusterFacts } {
  if (cluster === null) return {};
  const { library, hosts } = cluster;
  return { cluster: { library, hosts, threads: ranks?.threadsOf ?? [threads] } };
}

/** Reports what a probe found in the current step, before that step is counted. Rank 0 has all data. */
export async function reportProbe(state: RunState): Promise<void> {
  const { layerProbe, lockstep, history, progress } = state;
  if (layerProbe === null || !lockstep.isFirst || progress.step < state.reportedSteps) return;
  state.emit(await inTurns(layerProbe.read(progress.step, history.parameters)));
}

/** Counts the steps of a span; evaluates and reports the epochs that end in it. */
export async function reportSpan(state: RunState, span: SpanResult): Promise<void> {
  const { plan, arena, progress, epochLog, stepLog, meter, reportedSteps, emit } = state;
  const { totalSteps, stepsPerEpoch } = plan.context;
  const { losses, norms, learningRates } = arena;
  const { batch } = plan;
  const { rows } = plan.data.train;
  const { steps } = span;
  progress.elapsedMs += span.elapsedMs;
  state.lastSpanSteps = steps;
  meter.recordSpan(teamSize(state), steps, span.elapsedMs);
  const spanSteps = { first: progress.step, steps, losses, norms, learningRates };
  stepLog.add(Math.max(reportedSteps, progress.step), spanSteps);
  let lossSum = 0;
  for (let k = 0; k < steps; k++) {
    lossSum += losses[k];
    epochLog.add(losses[k], norms[k]);
    progress.samples += Math.min(batch, rows - (progress.step % stepsPerEpoch) * batch);
    progress.step++;
    const hasEvaluation = isEvaluated(state, progress.step);
    if (progress.step % stepsPerEpoch !== 0 && progress.step !== totalSteps && !hasEvaluation) continue;
    // Awaited only if necessary: promises of ten thousand epochs of one step would take as long as their steps.
    endEpoch(state, hasEvaluation ? await evaluateEpoch(state) : null);
  }
  const { step, samples, elapsedMs } = progress;
  const samplesPerSecond = (samples / elapsedMs) * 1000;
  const busy = meter.read();
  const figures = { loss: lossSum / steps, samplesPerSecond, elapsedMs, ...(busy === undefined ? {} : { busy }) };
  emit({ type: 'progress', step, totalSteps, ...figures });
  if (step > reportedSteps) await reportText(state);
  state.reportedSteps = Math.max(reportedSteps, step);
}

/** Reports the text that is due after the current step. Rank 0 writes it. */
async function reportText({ textLog, lockstep, progress, emit }: RunState): Promise<void> {
  if (textLog === null || !lockstep.isFirst) return;
  const event = await inTurns(textLog.eventAt(progress.step));
  if (event !== null) emit(event);
}

function endEpoch(state: RunState, evaluations: Evaluations | null): void {
  const { plan, arena, progress, epochLog, reportedSteps, emit } = state;
  const { step, elapsedMs, validation } = progress;
  const { schedule, evaluateEvery, data, context } = plan;
  const { stepsPerEpoch, totalSteps } = context;
  const isWhole = step % stepsPerEpoch === 0;
  const epoch = isWhole || step === totalSteps ? epochOf(step, stepsPerEpoch) : step / stepsPerEpoch;
  const { trainLoss, gradientNorm } = epochLog.end(isWhole);
  const learningRate = arena.learningRates[(step - 1) % RING];
  // The schedule observes only figures of this epoch: older ones would look like a lack of progress.
  const interval = data.validation === undefined ? 1 : Math.max(1, evaluateEvery);
  if (isWhole && epoch % interval === 0) {
    schedule.observe?.(arena.scheduleState, validation === undefined ? trainLoss : watchedLoss(validation), interval);
  }
  if (step > reportedSteps && (evaluations !== null || epochLog.due(epoch))) {
    const epochFigures = { epoch, step, trainLoss, gradientNorm, learningRate, elapsedMs };
    emit({ type: 'epoch', ...epochFigures, ...evaluations });
  }
}

/** Tells the tuner how long a span took, and reports a new number of threads. */
export function reportThreads({ tuner, progress, emit }: RunState, { steps, elapsedMs }: SpanResult): void {
  if (tuner === null) return;
  const isNew = tuner.recordSpan(steps, elapsedMs);
  progress.threads = tuner.choice.threads;
  if (isNew) emit({ type: 'threads', step: progress.step, ...tuner.choice });
}
