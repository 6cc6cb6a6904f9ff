import { buildNetwork, type LayerSpec } from '@gradloom/core';
import { branchOutputs, headsOf } from '@gradloom/core/internal';
import { type DataSplits, type Evaluation, type TrainResult, train } from '@gradloom/runtime';
import { customParts } from '../../../options/custom-parts.ts';
import { defined } from '../../../options/option.ts';
import type { Recipe } from '../recipe.ts';

/** The linear model of a run, measured on the rows that the network is measured on. */
export interface LinearModel {
  readonly evaluation: Evaluation;
  readonly steps: number;
  readonly fingerprint: string;
}

/** Larger tables, and linear models with more weights, have none: training it would take more than a second. */
const MAX_ROWS = 100_000;
const MAX_WEIGHTS = 2_000;

/**
 * How the linear model is trained. Its loss has a single minimum, so little depends on it: on iris, digits, diabetes,
 * breast-cancer and two tables of 2,400 and 24,000 rows, ten times as many steps changed the answers of at most two
 * test rows, and R² by at most 0.008.
 */
const TRAINING = { optimizer: { kind: 'adam', lr: 0.1 }, schedule: 'cosine', steps: 300 } as const;
const BATCH = 256;

/**
 * Trains a linear model on the rows of a run: the inputs, one dense layer that starts at 0, and the activation of the
 * network's outputs. Loss, weights of classes, precision, backend and seed are those of the run; one thread is enough.
 * Resolves to null if the run has none: only networks with hidden layers on small tables with held-out rows do.
 */
export async function trainLinear(recipe: Recipe, { backend }: TrainResult): Promise<LinearModel | null> {
  const { sets, spec, options, table, values } = recipe;
  const test = sets.test ?? sets.validation;
  if (table === undefined || test === undefined || values['no-linear'] || isLinear(spec.layers)) return null;
  // Indices of tokens are no quantities.
  if (table.preprocessing.columns.some(({ type }) => type === 'text' || type === 'image')) return null;
  const { columns, file } = sets.train.inputs;
  const network = buildNetwork(spec, customParts());
  const { outputs } = network;
  if (file !== undefined || sets.train.rows > MAX_ROWS || columns * outputs > MAX_WEIGHTS) return null;
  const { loss, precision, classWeight, seed, blas, modules } = options;
  const dense = { kind: 'dense', out: outputs, init: ZEROS } as const;
  const sizes = Object.fromEntries((headsOf(network) ?? []).map(({ name, size }) => [name, size]));
  const { layers } = spec.layers.some(isHeads)
    ? branchOutputs({ input: columns, layers: [dense] }, sizes)
    : { layers: [dense, ...outputActivations(spec.layers)] };
  const data: DataSplits = { train: sets.train, test };
  const result = await train({ input: columns, layers }, data, {
    ...TRAINING,
    ...defined({ loss, precision, classWeight, seed, blas }),
    ...(modules === undefined ? {} : { modules, checkGradients: false }),
    batch: Math.min(BATCH, sets.train.rows),
    backend: backend.name,
    threads: 1,
  });
  const { test: evaluation, steps, fingerprint } = result;
  return evaluation === undefined ? null : { evaluation, steps, fingerprint };
}

const isHeads = ({ kind }: LayerSpec): boolean => kind === 'heads';

const ZEROS = { kind: 'constant', value: 0 } as const;

/** The activations after the last layer with weights. */
function outputActivations(layers: readonly LayerSpec[]): LayerSpec[] {
  const lastOther = layers.findLastIndex(({ kind }) => kind !== 'activation');
  return layers.slice(lastOther + 1);
}

/** Whether nothing stands between a network's inputs and its output activation but dense layers. */
const isLinear = (layers: readonly LayerSpec[]): boolean =>
  layers
    .slice(0, layers.length - outputActivations(layers).length)
    .every(({ kind }) => kind === 'dense' || kind === 'flatten' || kind === 'heads');
