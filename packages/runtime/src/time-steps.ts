import type { TrainResult } from './results.ts';
import type { TrainingRun } from './trainer.ts';

/** A run, and what a step of it took. */
export interface TimedRun {
  readonly result: TrainResult;
  readonly stepMs: number;
}

/**
 * Waits for a run and times its steps behind the first span, if there are more: during that the memory of earlier runs is collected
 * on other cores, and caches fill.
 */
export async function timeSteps(run: TrainingRun): Promise<TimedRun> {
  let lead = { step: 0, elapsedMs: 0 };
  for await (const event of run) if (event.type === 'progress' && lead.step === 0) lead = event;
  const result = await run.result;
  const { step, elapsedMs } = lead.step < result.steps ? lead : { step: 0, elapsedMs: 0 };
  return { result, stepMs: (result.elapsedMs - elapsedMs) / (result.steps - step) };
}
