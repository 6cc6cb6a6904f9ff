import type { TrainResult } from './results.ts';
import type { TrainingRun } from './trainer.ts';

/** A run, and how fast its steps were. */
export interface TimedRun {
  readonly result: TrainResult;
  readonly stepMs: number;
  readonly samplesPerSecond: number; // the last batch of an epoch may be short
}

/**
 * Until here a run is slower than it will be, on two threads by 4-8 %: memory of earlier runs is collected on the cores that the
 * threads would have, and caches fill.
 */
const LEAD_MS = 350;

/** Waits for a run and times its steps behind the spans of its first 350 ms, or behind as many of them as others follow. */
export async function timeSteps(run: TrainingRun): Promise<TimedRun> {
  let lead = START;
  for await (const event of run) {
    if (event.type === 'progress' && lead.elapsedMs < LEAD_MS && event.step < event.totalSteps) lead = event;
  }
  const result = await run.result;
  const { step, elapsedMs, samplesPerSecond } = lead;
  const ms = result.elapsedMs - elapsedMs;
  const samples = result.samplesPerSecond * result.elapsedMs - samplesPerSecond * elapsedMs;
  return { result, stepMs: ms / (result.steps - step), samplesPerSecond: samples / ms };
}

const START = { step: 0, elapsedMs: 0, samplesPerSecond: 0 };
