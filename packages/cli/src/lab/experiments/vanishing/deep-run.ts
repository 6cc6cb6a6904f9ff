import {
  buildNetwork,
  type Elements,
  type InitializerSpec,
  initializeParameters,
  type LayerSpec,
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
import type { ActivationSpec } from '../../../options/activation.ts';
import { withoutCaller } from '../../../terminal/failure.ts';
import type { Machine } from '../experiment.ts';
import type { Norm } from './activation-list.ts';
import { type HiddenFigures, hiddenFigures, type OutputFigures, outputFigures } from './layer-profile.ts';

export interface RunContext {
  readonly data: DataSplits;
  readonly loss: LossSpec;
  readonly machine: Machine;
  readonly pool: Pool;
}

export interface RunOptions {
  readonly optimizer: OptimizerSpec;
  readonly batch: number | 'full';
  readonly steps: number;
  readonly seed: number;
}

/** Statistics of all hidden layers before a step. */
export interface HiddenProbe {
  readonly step: number;
  readonly loss: number; // loss of the batch of that step
  readonly gradientNorm: number;
  readonly layers: readonly HiddenFigures[];
  readonly output: OutputFigures;
}

export interface DeepRun {
  readonly spec: NetworkSpec;
  readonly probes: readonly HiddenProbe[];
  readonly parameters: Elements; // final weights; if the run diverged, those before the bad step
  readonly validation: Evaluation | null; // at the end; null if there are no validation rows, or the run diverged
  readonly diverged: string | null; // why it diverged
}

/** Trains from the seed's weights, recording the layers before `probeSteps`. A run may diverge without an error. */
export async function runDeep(
  spec: NetworkSpec,
  { data, loss, machine, pool }: RunContext,
  options: RunOptions,
  probeSteps: readonly number[],
): Promise<DeepRun> {
  const depth = spec.layers.filter(({ kind }) => kind === 'dense').length - 1;
  const probes: HiddenProbe[] = [];
  const { train: rows, validation } = data;
  const sets = validation === undefined ? { train: rows } : { train: rows, validation };
  // Evaluates only after the last step: the probes show the rest.
  const evaluateEvery = Number.MAX_SAFE_INTEGER;
  const run = train(spec, sets, {
    ...machine,
    pool,
    loss,
    ...options,
    evaluateEvery,
    ...(probeSteps.length === 0 ? {} : { probe: probeSteps }),
  });
  try {
    for await (const event of run) {
      if (event.type !== 'probe') continue;
      const { step, loss: batchLoss, gradientNorm, layers } = event;
      const figures = { layers: hiddenFigures(layers, depth), output: outputFigures(layers, depth) };
      probes.push({ step, loss: batchLoss, gradientNorm, ...figures });
    }
    const { parameters, validation: evaluation = null } = await run;
    return { spec, probes, parameters, validation: evaluation, diverged: null };
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    return { spec, probes, parameters: error.parameters, validation: null, diverged: withoutCaller(error) };
  }
}

export async function probeAtStart(
  spec: NetworkSpec,
  context: RunContext,
  options: Omit<RunOptions, 'steps'>,
): Promise<HiddenProbe> {
  const { probes, diverged } = await runDeep(spec, context, { ...options, steps: 1 }, [0]);
  const [probe] = probes;
  if (probe === undefined) throw new Error(`the first step has ${diverged}, expected finite numbers`);
  return probe;
}

/** The starting weights of a run with this seed. */
export function startOf(spec: NetworkSpec, seed: number): Float64Array {
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, seed);
  return parameters;
}

/** Change of each W: RMS of the difference divided by RMS at the start, for the hidden layers, then the output. */
export function relativeChanges(spec: NetworkSpec, start: Elements, end: Elements): number[] {
  const weights = buildNetwork(spec).tensors.filter(({ name }) => name === 'W');
  return weights.map(({ offset, length }) => {
    let change = 0;
    let size = 0;
    for (let p = offset; p < offset + length; p++) {
      change += (end[p] - start[p]) ** 2;
      size += start[p] ** 2;
    }
    return Math.sqrt(change / size);
  });
}

export const evaluateRun = (
  { spec, parameters }: DeepRun,
  rows: Dataset,
  { machine, loss }: RunContext,
): Promise<Evaluation> => evaluateModel(spec, parameters, rows, { ...machine, loss });

/** Networks that differ only in their activation. */
interface DeepShape {
  readonly input: number;
  readonly hidden: readonly number[]; // widths
  readonly output: number;
  readonly init: InitializerSpec | ((fanIn: number) => InitializerSpec);
  readonly biasInit?: InitializerSpec; // default zeros
  readonly norm?: Norm; // before every activation of a hidden layer
  readonly skips?: boolean; // whether each hidden layer but the first adds its inputs to its outputs
}

/** Hidden layers, each dense, the norm if there is one, activation, and the sum if there are skips; a dense output. */
export function deepNetwork(shape: DeepShape, activation: ActivationSpec, atOutput?: ActivationSpec): NetworkSpec {
  const { input, hidden, output, init, biasInit, norm, skips = false } = shape;
  const layers: LayerSpec[] = [];
  let width = input;
  const add = (out: number): void => {
    const initializer = typeof init === 'function' ? init(width) : init;
    layers.push({ kind: 'dense', out, init: initializer, ...(biasInit === undefined ? {} : { biasInit }) });
    width = out;
  };
  for (const [h, out] of hidden.entries()) {
    const before = String(layers.length - 1);
    add(out);
    if (norm !== undefined) layers.push({ kind: norm });
    layers.push(layerOf(activation));
    if (skips && h > 0) layers.push({ kind: 'plus', of: [before, String(layers.length - 1)] });
  }
  add(output);
  if (atOutput !== undefined) layers.push(layerOf(atOutput));
  return { input, layers };
}

const layerOf = ({ kind, ...options }: ActivationSpec): LayerSpec => ({ ...options, kind: 'activation', fn: kind });
