import { OptionError } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { TrainResult } from '../training/run/results.ts';
import type { TrainingRun } from '../training/run/trainer.ts';

/** A run, and how fast its steps were. */
export interface TimedRun {
  readonly result: TrainResult;
  readonly stepMs: number;
  readonly samplesPerSecond: number; // the last batch of an epoch may be short
}

/**
 * Time until a run has its full speed: before, on two threads, it is slower by 4-8 %, while memory of earlier runs is
 * collected and caches fill.
 */
const LEAD_MS = 350;

/** Share of a run's time that is left to be timed. */
const LEAST_TIMED = 1 / 3;

/**
 * Waits for a run and times its steps behind the spans of its first 350 ms, or behind fewer, or none, where it is
 * short.
 */
export async function timeSteps(run: TrainingRun): Promise<TimedRun> {
  // A run has a `then` that refuses to be awaited, so it would look like a promise.
  if (typeof run !== 'object' || run === null || !(Symbol.asyncIterator in run && 'result' in run)) {
    throw new OptionError('timeSteps', 'run', `has ${show(run)}, expected one that train began`);
  }
  const told = [START];
  for await (const event of run) if (event.type === 'progress') told.push(event);
  const result = await run.result;
  // The most that may go before: the first report beyond 350 ms, if it leaves enough.
  const enough = told.filter((report) => report.elapsedMs <= (1 - LEAST_TIMED) * result.elapsedMs);
  const lead = enough.find((report) => report.elapsedMs >= LEAD_MS) ?? enough[enough.length - 1];
  const { step, elapsedMs, samplesPerSecond } = lead;
  const ms = result.elapsedMs - elapsedMs;
  const samples = result.samplesPerSecond * result.elapsedMs - samplesPerSecond * elapsedMs;
  return { result, stepMs: ms / (result.steps - step), samplesPerSecond: samples / ms };
}

const START = { step: 0, elapsedMs: 0, samplesPerSecond: 0 };
