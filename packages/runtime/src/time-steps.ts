import type { TrainResult } from './results.ts';
import type { TrainingRun } from './trainer.ts';

/** A run, and how fast its steps were. */
export interface TimedRun {
  readonly result: TrainResult;
  readonly stepMs: number;
  readonly samplesPerSecond: number; // the last batch of an epoch may be short
}

/**
 * Waits for a run and times its steps behind the first span, if there are more: during that the memory of earlier runs is collected
 * on other cores, and caches fill.
 */
export async function timeSteps(run: TrainingRun): Promise<TimedRun> {
  let lead = START;
  for await (const event of run) if (event.type === 'progress' && lead.step === 0) lead = event;
  const result = await run.result;
  const { step, elapsedMs, samplesPerSecond } = lead.step < result.steps ? lead : START;
  const ms = result.elapsedMs - elapsedMs;
  const samples = result.samplesPerSecond * result.elapsedMs - samplesPerSecond * elapsedMs;
  return { result, stepMs: ms / (result.steps - step), samplesPerSecond: samples / ms };
}

const START = { step: 0, elapsedMs: 0, samplesPerSecond: 0 };
