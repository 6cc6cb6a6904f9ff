import { OptionError } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { TrainResult } from '../training/run/results.ts';
import type { TrainingRun } from '../training/run/trainer.ts';

/** A run with the speed of its steps. */
export interface TimedRun {
  readonly result: TrainResult;
  readonly stepMs: number;
  readonly samplesPerSecond: number; // counts rows, since the last batch of an epoch may be short
}

/** Time until full speed: before, two threads are 4-8 % slower, while earlier runs are collected and caches fill. */
const LEAD_MS = 350;

/** Least share of a run's time that must be left for timing. */
const MIN_TIMED_SHARE = 1 / 3;

/** Waits for a run and times the steps after its first 350 ms, or after fewer (or from the start) if it is short. */
export async function timeSteps(run: TrainingRun): Promise<TimedRun> {
  if (typeof run !== 'object' || run === null || !(Symbol.asyncIterator in run && 'then' in run)) {
    throw new OptionError('timeSteps', 'run', `has ${show(run)}, expected one that train began`);
  }
  const reports = [START];
  for await (const event of run) if (event.type === 'progress') reports.push(event);
  const result = await run;
  // Skips up to the first report beyond 350 ms, if enough time is left after it.
  const candidates = reports.filter((report) => report.elapsedMs <= (1 - MIN_TIMED_SHARE) * result.elapsedMs);
  const lead = candidates.find((report) => report.elapsedMs >= LEAD_MS) ?? candidates[candidates.length - 1];
  const { step, elapsedMs, samplesPerSecond } = lead;
  const ms = result.elapsedMs - elapsedMs;
  const samples = result.samplesPerSecond * result.elapsedMs - samplesPerSecond * elapsedMs;
  return { result, stepMs: ms / (result.steps - step), samplesPerSecond: samples / ms };
}

const START = { step: 0, elapsedMs: 0, samplesPerSecond: 0 };
