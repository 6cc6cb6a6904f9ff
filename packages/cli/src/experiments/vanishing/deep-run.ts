import {
  buildNetwork,
  initializeParameters,
  type LossSpec,
  type NetworkSpec,
  type OptimizerSpec,
} from '@gradloom/core';
import {
  type DataSplits,
  type Dataset,
  type Evaluation,
  evaluateModel,
  type Pool,
  TrainingError,
  train,
} from '@gradloom/runtime';
import { withoutPlace } from '../../failure.ts';
import type { Machine } from '../experiment.ts';
import { type HiddenFigures, hiddenFigures, type OutputFigures, outputFigures } from './layer-profile.ts';

/** What all runs of one comparison share. */
export interface Bench {
  readonly data: DataSplits;
  readonly loss: LossSpec;
  readonly machine: Machine;
  readonly pool: Pool;
}

export interface RunLength {
  readonly optimizer: OptimizerSpec;
  readonly batch: number | 'full';
  readonly steps: number;
  readonly seed: number;
}

/** A look at all hidden layers as a step began. */
export interface Look {
  readonly step: number;
  readonly loss: number; // of that step's batch
  readonly gradientNorm: number;
  readonly layers: readonly HiddenFigures[];
  readonly output: OutputFigures;
}

export interface DeepRun {
  readonly spec: NetworkSpec;
  readonly looks: readonly Look[];
  readonly parameters: Float64Array; // in the end; where it diverged, before the bad step
  readonly validation: Evaluation | null; // in the end; null where there are no such rows, or the run diverged
  readonly diverged: string | null; // what it met
}

/**
 * Trains from the seed's weights, looking into the layers at `looks`. A run that leaves the finite ends without an
 * error.
 */
export async function runDeep(
  spec: NetworkSpec,
  { data, loss, machine, pool }: Bench,
  length: RunLength,
  looks: readonly number[],
): Promise<DeepRun> {
  const depth = spec.layers.filter(({ kind }) => kind === 'dense').length - 1;
  const seen: Look[] = [];
  const { train: rows, validation } = data;
  const sets = validation === undefined ? { train: rows } : { train: rows, validation };
  // Only at the last step: what the way is like, the looks tell.
  const evaluateEvery = Number.MAX_SAFE_INTEGER;
  const run = train(spec, sets, {
    ...machine,
    pool,
    loss,
    ...length,
    evaluateEvery,
    ...(looks.length === 0 ? {} : { probe: looks }),
  });
  try {
    for await (const event of run) {
      if (event.type !== 'probe') continue;
      const { step, loss: batchLoss, gradientNorm, layers } = event;
      const figures = { layers: hiddenFigures(layers, depth), output: outputFigures(layers, depth) };
      seen.push({ step, loss: batchLoss, gradientNorm, ...figures });
    }
    const { parameters, validation: found } = await run.result;
    return { spec, looks: seen, parameters, validation: found ?? null, diverged: null };
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    return { spec, looks: seen, parameters: error.parameters, validation: null, diverged: withoutPlace(error) };
  }
}

/** One step, for the look before it. */
export async function lookAtStart(spec: NetworkSpec, bench: Bench, length: Omit<RunLength, 'steps'>): Promise<Look> {
  const { looks, diverged } = await runDeep(spec, bench, { ...length, steps: 1 }, [0]);
  const [look] = looks;
  if (look === undefined) throw new Error(`the first step has ${diverged}, expected finite numbers`);
  return look;
}

/** The weights that a run of this seed starts from. */
export function startOf(spec: NetworkSpec, seed: number): Float64Array {
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, seed);
  return parameters;
}

/** How far each W went from the start: RMS of the way over RMS of the start, for the hidden layers, then the output. */
export function relativeMoves(spec: NetworkSpec, start: Float64Array, end: Float64Array): number[] {
  const weights = buildNetwork(spec).tensors.filter(({ name }) => name === 'W');
  return weights.map(({ offset, length }) => {
    let way = 0;
    let size = 0;
    for (let p = offset; p < offset + length; p++) {
      way += (end[p] - start[p]) ** 2;
      size += start[p] ** 2;
    }
    return Math.sqrt(way / size);
  });
}

export const evaluateRun = (
  { spec, parameters }: DeepRun,
  rows: Dataset,
  { machine, loss }: Bench,
): Promise<Evaluation> => evaluateModel(spec, parameters, rows, { ...machine, loss });
