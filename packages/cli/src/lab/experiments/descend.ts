import type { NetworkSpec, OptimizerSpec, ScheduleSpec } from '@gradloom/core';
import { type Dataset, type Pool, TrainingError, type TrainResult, train } from '@gradloom/runtime';
import { commonOptions, type Machine, withPool } from './experiment.ts';

/** sin x by 49 parameters. */
export const sineSpec: NetworkSpec = {
  input: 1,
  layers: [
    { kind: 'dense', out: 16 },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'dense', out: 1 },
  ],
};

/** For experiments with so few rows that a second thread would cost more than it saves. */
export const oneThread = { ...commonOptions.threads, defaultText: '1' };

export interface Descent {
  readonly optimizer: OptimizerSpec;
  readonly schedule?: ScheduleSpec;
  readonly batch: number | 'full';
  readonly epochs: number;
  readonly seed: number;
}

export interface DescentResult {
  /** Mean loss of each epoch's batches, each before its update. Ends before a loss that is not finite. */
  readonly losses: readonly number[];
  /** Loss over all rows at the end; Infinity if the run diverged. */
  readonly finalLoss: number;
  readonly steps: number;
  readonly elapsedMs: number; // time inside of steps
}

/** Runs many small trainings on the threads of one pool. */
export interface Descender {
  /** Starts from the same weights for the same seed. */
  descend(descent: Descent): Promise<DescentResult>;
}

/** Calls `use` with a descender for one problem, and closes its threads afterwards. */
export async function withDescender<T>(
  dataset: Dataset,
  { threads = 1, ...machine }: Machine,
  use: (descender: Descender) => Promise<T>,
): Promise<T> {
  return withPool(threads, (pool) => use({ descend: (descent) => descend(dataset, descent, machine, pool) }));
}

async function descend(dataset: Dataset, descent: Descent, machine: Machine, pool: Pool): Promise<DescentResult> {
  const { epochs, ...options } = descent;
  const run = (length: { epochs: number } | { steps: number }): Promise<TrainResult> =>
    train(
      sineSpec,
      { train: dataset, test: dataset },
      { ...machine, ...options, ...length, loss: 'mse', pool, threads: pool.threads },
    );
  try {
    const { epochLosses, test, steps, elapsedMs } = await run({ epochs });
    return { losses: [...epochLosses], finalLoss: test?.loss ?? Number.NaN, steps, elapsedMs };
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    const divergedOutcome = { finalLoss: Number.POSITIVE_INFINITY, steps: error.step };
    // A schedule may depend on the length, so a shorter run would not repeat these steps.
    if (error.step === 0 || descent.schedule !== undefined) return { ...divergedOutcome, losses: [], elapsedMs: 0 };
    // The run is repeated up to the step before the error, bit for bit, to get the losses so far.
    const { epochLosses, elapsedMs } = await run({ steps: error.step });
    return { ...divergedOutcome, losses: [...epochLosses], elapsedMs };
  }
}
