import { activations, type Network, OptionError, type Pausable, type ScheduleContext } from '@gradloom/core';
import { positiveInteger, record, show, unknownOption } from '@gradloom/core/internal';
import type { DataMatrix, DataSplits, Dataset } from '../datasets/dataset.ts';
import { isPool, type Pool } from '../threads/pool.ts';
import { findNotFinite } from '../turns/arrays.ts';
import type { OnNan, TrainOptions } from './options.ts';

const SPLITS = ['train', 'validation', 'test'] as const satisfies readonly (keyof DataSplits)[];

/** A copy of the data, if each set is an object; the contents are checked later, against the network. */
export function checkSplits(data: DataSplits): DataSplits {
  record('train', 'data', data, '{ train, validation?, test? }, each a dataset');
  if ('inputs' in data && !('train' in data)) {
    throw new OptionError(
      'train',
      'data',
      'has a dataset, expected { train: dataset } (validation and test are keys of their own)',
    );
  }
  const known: readonly string[] = SPLITS;
  for (const key of Object.keys(data)) if (!known.includes(key)) throw unknownOption('train: data', key, known);
  for (const name of SPLITS) {
    if (name === 'train' || data[name] !== undefined) {
      const { inputs } = record('train', `data.${name}`, data[name], 'a dataset') as { inputs?: unknown };
      if (Array.isArray(inputs)) {
        throw new OptionError(
          'train',
          `data.${name}`,
          'has rows of plain arrays, expected a dataset (see datasetFromRows)',
        );
      }
    }
  }
  const { train, validation, test } = data;
  return {
    train: copyDataset(train),
    ...(validation === undefined ? {} : { validation: copyDataset(validation) }),
    ...(test === undefined ? {} : { test: copyDataset(test) }),
  };
}

/** The rows are not copied, since they are too large. Invalid values are kept for the checks to report. */
function copyDataset(dataset: Dataset): Dataset {
  const copyOf = (matrix: DataMatrix): DataMatrix =>
    typeof matrix === 'object' && matrix !== null ? { ...matrix } : matrix;
  return { ...dataset, inputs: copyOf(dataset.inputs), targets: copyOf(dataset.targets) };
}

export function batchOf(batch: number | 'full' | undefined, { rows }: Dataset): number {
  if (batch === 'full') return rows;
  return positiveInteger('train', 'batch', batch ?? 32);
}

export function threadsOf(threads: unknown): number {
  if (Number.isSafeInteger(threads) && (threads as number) >= 1) return threads as number;
  throw new OptionError('train', 'threads', `has ${show(threads)}, expected a whole number of at least 1, or auto`);
}

export function lengthOf(
  { epochs, steps }: TrainOptions,
  stepsPerEpoch: number,
): { context: ScheduleContext; totalEpochs: number; lengthIn: 'epochs' | 'steps' } {
  if (epochs !== undefined && steps !== undefined) {
    const problem = `has ${show(epochs)} and steps has ${show(steps)}, expected one of the two`;
    throw new OptionError('train', ['epochs', 'steps'], problem);
  }
  const totalSteps =
    steps === undefined
      ? positiveInteger('train', 'epochs', epochs ?? 10) * stepsPerEpoch
      : positiveInteger('train', 'steps', steps);
  return {
    context: { totalSteps, stepsPerEpoch },
    totalEpochs: Math.ceil(totalSteps / stepsPerEpoch),
    lengthIn: steps === undefined ? 'epochs' : 'steps',
  };
}

export function seedOf(seed: unknown): number {
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) return seed as number;
  throw new OptionError('train', 'seed', `has ${show(seed)}, expected a whole number from 0 to 2^53 - 1`);
}

export function onNanOf(onNan: unknown): OnNan {
  if (onNan === 'stop' || onNan === 'rollback') return onNan;
  throw new OptionError('train', 'onNan', `has ${show(onNan)}, expected stop or rollback`);
}

export function* checkParameters(parameters: unknown, { parameterCount: P }: Network): Pausable<Float64Array> {
  if (!(parameters instanceof Float64Array)) {
    throw new OptionError('train', 'parameters', `has ${show(parameters)}, expected a Float64Array`);
  }
  if (parameters.length !== P) {
    const problem = `has length ${parameters.length}, expected ${P} (parameters of the network)`;
    throw new OptionError('train', 'parameters', problem);
  }
  const bad = yield* findNotFinite(parameters);
  if (bad === undefined) return parameters;
  throw new OptionError('train', 'parameters', `has ${parameters[bad]} at ${bad}, expected finite numbers`);
}

export function checkPool(pool: Pool | undefined, threads: number): void {
  if (pool === undefined) return;
  if (!isPool(pool)) {
    record('train', 'pool', pool, 'one that createPool made');
    throw new OptionError('train', 'pool', 'has an object of another kind, expected one that createPool made');
  }
  if (threads > pool.threads) {
    const problem = `has ${threads}, expected at most ${pool.threads} (threads of the pool)`;
    throw new OptionError('train', 'threads', problem);
  }
}

/** A probe uses the callback that the clock needs between forward and backward. */
export function profileOf({ profile = false, probe }: TrainOptions): boolean {
  if (typeof profile !== 'boolean') {
    throw new OptionError('train', 'profile', `has ${show(profile)}, expected true or false`);
  }
  if (profile && probe !== undefined) {
    const about = 'probe and profile';
    throw new OptionError('train', ['probe', 'profile'], 'are both set, expected one of the two', { about });
  }
  return profile;
}

export function evaluateTestOf({ evaluateTest = false }: TrainOptions, { test }: DataSplits): boolean {
  if (typeof evaluateTest !== 'boolean') {
    throw new OptionError('train', 'evaluateTest', `has ${show(evaluateTest)}, expected true or false`);
  }
  if (!evaluateTest || test !== undefined) return evaluateTest;
  throw new OptionError('train', 'evaluateTest', 'is set, expected a dataset with a test set');
}

export function checkSignal(signal: unknown): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new OptionError('train', 'signal', `has ${show(signal)}, expected an AbortSignal`);
}

export function checkResumeOption(resume: unknown): void {
  if (resume === undefined || (typeof resume === 'object' && resume !== null && 'arrays' in resume)) return;
  throw new Error(`train: resume has ${show(resume)}, expected a checkpoint that loadCheckpoint read`);
}

export function checkListener(listener: unknown): void {
  if (listener === undefined || typeof listener === 'function') return;
  throw new Error(`train: onEvent has ${show(listener)}, expected a function`);
}

/** With a derivative of 0 everywhere, no weight below the activation would change. */
export function* refuseUntrainable({ places }: Network): Pausable<void> {
  for (const { path, spec } of places) {
    yield;
    if (spec.kind !== 'activation' || activations[spec.fn].maxSlope > 0) continue;
    const problem = 'has derivative 0 everywhere, expected an activation with a gradient';
    throw new OptionError('train', `layers.${path}.fn`, problem, { about: `${spec.fn} at layer ${path}` });
  }
}
