import { buildNetwork, type LayerSpec, type NumberEncoding, type TablePreprocessing } from '@gradloom/core';
import { branchOutputs, headsOf, widthOfColumn } from '@gradloom/core/internal';
import {
  type DataSplits,
  type Dataset,
  type Evaluation,
  evaluateModel,
  fingerprint,
  type TrainResult,
  train,
} from '@gradloom/runtime';
import { inputRows } from '@gradloom/runtime/internal';
import { customParts } from '../../../options/custom-parts.ts';
import { defined } from '../../../options/option.ts';
import type { Recipe } from '../recipe.ts';
import { ridge } from './ridge.ts';

/** The linear model of a run, measured on the rows that the network is measured on. */
export interface LinearModel {
  readonly evaluation: Evaluation;
  readonly steps: number;
  readonly fingerprint: string;
}

/** Larger tables, and linear models with more weights, have none: training it would take more than a second. */
const MAX_ROWS = 100_000;
const MAX_WEIGHTS = 2_000;

/** Products of a ridge regression on fewer rows than columns: about a second. */
const MAX_PRODUCTS = 1e9;

/**
 * How the linear model is trained. Its loss has a single minimum, so little depends on it: on iris, digits, diabetes,
 * breast-cancer and two tables of 2,400 and 24,000 rows, ten times as many steps changed the answers of at most two
 * test rows, and R² by at most 0.008.
 */
const TRAINING = { optimizer: { kind: 'adam', lr: 0.1 }, schedule: 'cosine', steps: 300 } as const;
const BATCH = 256;

/**
 * Trains a linear model on the rows of a run: the inputs but for ramps, which bend; one dense layer that starts at 0;
 * and the activation of the network's outputs. Loss, weights of classes, precision, backend and seed are those of the
 * run; one thread is enough. Resolves to null if the run has none: only networks with hidden layers on small tables
 * with held-out rows do.
 */
export async function trainLinear(recipe: Recipe, { backend }: TrainResult): Promise<LinearModel | null> {
  const { sets, spec, options, table, values } = recipe;
  const heldOut = sets.test ?? sets.validation;
  if (table === undefined || heldOut === undefined || values['no-linear'] || isLinear(spec.layers)) return null;
  // Indices of tokens are no quantities.
  if (table.preprocessing.columns.some(({ type }) => type === 'text' || type === 'image')) return null;
  if (sets.train.inputs.file !== undefined || sets.train.rows > MAX_ROWS) return null;
  const [rows, test] = [sets.train, heldOut].map((set) => withoutRamps(set, table.preprocessing));
  const { columns } = rows.inputs;
  const network = buildNetwork(spec, customParts());
  const { outputs } = network;
  if (columns * outputs > MAX_WEIGHTS) return wideLinear(recipe, rows, test, outputs, backend.name);
  const { loss, precision, classWeight, seed, blas, modules } = options;
  const dense = { kind: 'dense', out: outputs, init: ZEROS } as const;
  const sizes = Object.fromEntries((headsOf(network) ?? []).map(({ name, size }) => [name, size]));
  const { layers } = spec.layers.some(isHeads)
    ? branchOutputs({ input: columns, layers: [dense] }, sizes)
    : { layers: [dense, ...outputActivations(spec.layers)] };
  const data: DataSplits = { train: rows, test };
  const result = await train({ input: columns, layers }, data, {
    ...TRAINING,
    ...defined({ loss, precision, classWeight, seed, blas }),
    ...(modules === undefined ? {} : { modules, checkGradients: false }),
    batch: Math.min(BATCH, rows.rows),
    backend: backend.name,
    threads: 1,
  });
  const { test: evaluation, steps, fingerprint } = result;
  return evaluation === undefined ? null : { evaluation, steps, fingerprint };
}

/** A ridge regression in the place of a linear model with many columns and few rows; null with several targets. */
async function wideLinear(
  { spec, options }: Recipe,
  rows: Dataset,
  test: Dataset,
  O: number,
  backend: TrainResult['backend']['name'],
): Promise<LinearModel | null> {
  const { rows: N, inputs, targets, classes } = rows;
  const C = inputs.columns;
  const isOneLayer = !spec.layers.some(isHeads) && outputActivations(spec.layers).length === 0;
  const isSimple =
    isOneLayer && options.classWeight === undefined && rows.weights === undefined && targets.divisor === 1;
  if (!isSimple || (classes ?? targets.columns) !== O || N >= C || N * N * (C + 14 * N) > MAX_PRODUCTS) return null;
  // A class is a number for each output: 1 for its own.
  const t = Float64Array.from({ length: N * O }, (_, i) =>
    classes === null ? targets.array[i] : Number(targets.array[Math.floor(i / O)] === i % O),
  );
  const parameters = ridge(Float64Array.from(inputRows(rows, 0, N, 'float64')), t, N, C, O);
  const network = { input: C, layers: [{ kind: 'dense', out: O } as const] };
  const { loss, blas } = options;
  const evaluation = await evaluateModel(network, parameters, test, {
    ...defined({ loss, blas }),
    backend,
    threads: 1,
  });
  return { evaluation, steps: 0, fingerprint: fingerprint(parameters) };
}

/** The rows without the ramps of their columns, which follow the value of a column and its input for gaps. */
function withoutRamps(dataset: Dataset, preprocessing: TablePreprocessing): Dataset {
  const isPlain: boolean[] = [];
  const columns = preprocessing.columns.map((column) => {
    const { ramps = [], indicator = false, ...others } = column as NumberEncoding;
    const first = 1 + Number(indicator);
    const width = widthOfColumn(column);
    for (let i = 0; i < width; i++) isPlain.push(i < first || i >= first + ramps.length - 1);
    return ramps.length === 0 ? column : { ...others, indicator };
  });
  const plain = [...isPlain.keys()].filter((i) => isPlain[i]);
  const { array, columns: I } = dataset.inputs;
  const C = plain.length;
  if (C === isPlain.length) return dataset;
  const plainArray = new Float64Array(new SharedArrayBuffer(8 * dataset.rows * C));
  for (let k = 0; k < plainArray.length; k++) plainArray[k] = array[Math.floor(k / C) * I + plain[k % C]];
  const inputs = { ...dataset.inputs, array: plainArray, columns: C };
  return { ...dataset, inputs, preprocessing: { ...preprocessing, columns } };
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
