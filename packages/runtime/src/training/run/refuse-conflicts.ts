import {
  type Augmentation,
  type Elements,
  type ElementType,
  type Loss,
  type Network,
  type Optimizer,
  OptionError,
  type Pausable,
  type Shape,
} from '@gradloom/core';
import {
  atLayer,
  checkFloat32,
  checkGradients,
  checkObject,
  createElements,
  findNotFinite,
  NO_PARTS,
  ofText,
  reasonOf,
  refuseLossBeyondFloats,
  refuseOptimizerBeyondFloats,
  show,
  showName,
  typeOf,
  unknownOption,
} from '@gradloom/core/internal';
import type { DataMatrix, DataSplits, Dataset } from '../../data/dataset.ts';
import { anyRows } from '../../data/file-rows.ts';
import { FILE_ORDER, gatherRows } from '../../data/gather.ts';
import { gatherTargets, targetFormOf } from '../../data/targets.ts';
import { figuresOfAll } from '../../engine/evaluation/head-figures.ts';
import { isPool, type Pool } from '../../engine/threads/pool.ts';
import { copyArray } from '../../system/turns/in-turns.ts';
import type { EarlyRecord } from '../checkpoints/checkpoint.ts';
import { type MonitorName, monitors } from './monitors.ts';
import { type TrainOptions, trainOptions } from './options.ts';

/** @throws OptionError for valid options that do not fit each other or the data. */
export function refuseConflicts(
  {
    epochs,
    steps,
    minutes,
    batch,
    accumulate = 1,
    probe,
    profile,
    evaluateTest,
    cluster,
    overlap,
    ...others
  }: TrainOptions,
  data: DataSplits,
): void {
  const { patience, minDelta, monitor, from, parameters } = others;
  if (epochs !== undefined && steps !== undefined) {
    const problem = `has ${show(epochs)} and steps has ${show(steps)}, expected one of the two`;
    throw new OptionError('train', ['epochs', 'steps'], problem);
  }
  const other = Object.entries({ epochs, steps, resume: others.resume }).find(([, value]) => value !== undefined)?.[0];
  if (minutes !== undefined && other !== undefined) {
    const about = `minutes and ${other}`;
    throw new OptionError('train', ['minutes', other], 'are both given, expected one of the two', { about });
  }
  if (from !== undefined && parameters !== undefined) {
    const about = 'from and parameters';
    throw new OptionError('train', ['from', 'parameters'], 'are both given, expected one of the two', { about });
  }
  if (batch === 'full' && accumulate > 1) {
    const problem = `has ${accumulate}, expected 1 (a full batch has all rows)`;
    throw new OptionError('train', ['accumulate', 'batch'], problem);
  }
  // A probe needs the callback between forward and backward pass that the profile's clock uses.
  if (profile && probe !== undefined) {
    const about = 'probe and profile';
    throw new OptionError('train', ['probe', 'profile'], 'are both set, expected one of the two', { about });
  }
  if (evaluateTest && data.test === undefined) {
    throw new OptionError('train', 'evaluateTest', 'is set, expected a dataset with a test set');
  }
  if (cluster === undefined && overlap === false) {
    throw new OptionError('train', ['overlap', 'cluster'], 'is false, expected true without a cluster');
  }
  if (patience !== undefined && data.validation === undefined) {
    const problem = `has ${show(patience)}, expected none without a validation set (early stopping watches it)`;
    throw new OptionError('train', 'patience', problem);
  }
  for (const [name, value] of Object.entries({ minDelta, monitor })) {
    if (value === undefined || patience !== undefined) continue;
    throw new OptionError('train', name, `has ${show(value)}, expected none without patience`);
  }
}

const GRADIENT_CHECK_ROWS = 8;

/** Checks the derivatives of custom parts on the first rows. @throws OptionError for one that is wrong. */
export function* checkCustomGradients(network: Network, loss: Loss, train: Dataset): Pausable<void> {
  const hasCustomParts = loss.customName !== undefined || network.customParts !== NO_PARTS;
  if (!hasCustomParts) return;
  const rows = Math.min(GRADIENT_CHECK_ROWS, train.rows);
  const x = new Float64Array(rows * network.inputs);
  gatherRows(x, train.inputs, FILE_ORDER, 0, rows, anyRows);
  const form = targetFormOf(network, loss);
  const t = new Float64Array(rows * form.columns);
  gatherTargets(t, train, form, FILE_ORDER, 0, rows, anyRows);
  try {
    // Positions that do not count have no class.
    yield* checkGradients({ network, loss, x, t: loss.targets === 'classes' ? t.filter((label) => label >= 0) : t });
  } catch (error) {
    const reason = reasonOf(error).replace(/^checkGradients: /, '');
    const advice = '(checkGradients: false, or --no-gradient-check, trains all the same)';
    throw new OptionError('train', 'modules', `${reason} ${advice}`, { about: 'the gradient check:', cause: error });
  }
}

/**
 * Returns the starting weights in the type of the run, if they fit the network and are finite. Weights of that type are
 * not copied.
 * @throws OptionError otherwise.
 */
export function* checkParameters(
  parameters: Elements, // [P]
  { parameterCount: P }: Network,
  type: ElementType,
): Pausable<Elements> {
  if (parameters.length !== P) {
    const problem = `has length ${parameters.length}, expected ${P} (parameters of the network)`;
    throw new OptionError('train', 'parameters', problem);
  }
  const convertedParameters = typeOf(parameters) === type ? parameters : createElements(type, P);
  if (convertedParameters !== parameters) yield* copyArray(convertedParameters, parameters);
  const badIndex = yield* findNotFinite(convertedParameters);
  if (badIndex === undefined) return convertedParameters;
  const expected = Number.isFinite(parameters[badIndex]) ? `numbers that ${type} can hold` : 'finite numbers';
  throw new OptionError('train', 'parameters', `has ${parameters[badIndex]} at ${badIndex}, expected ${expected}`);
}

/** @throws OptionError for a pool that `createPool` did not make, or that has fewer threads than requested. */
export function checkPool(where: string, pool: Pool | undefined, threads: number): void {
  if (pool === undefined) return;
  if (!isPool(pool)) {
    checkObject(where, 'pool', pool, 'one that createPool made');
    throw new OptionError(where, 'pool', 'has an object of another kind, expected one that createPool made');
  }
  if (threads > pool.threads) {
    const problem = `has ${threads}, expected at most ${pool.threads} (threads of the pool)`;
    throw new OptionError(where, 'threads', problem);
  }
}

/** Settings of early stopping; null if it is off. @throws OptionError for a figure that the validation set lacks. */
export function earlySettings(
  { patience, minDelta, monitor }: Omit<EarlyRecord, 'patience'> & { readonly patience: number | undefined },
  network: Network,
  loss: Loss,
  validation: Dataset | undefined,
): EarlyRecord | null {
  if (patience === undefined || validation === undefined) return null;
  const figures = { loss: true, ...(loss.heads === undefined ? figuresOfAll(network.outputs, loss, validation) : {}) };
  const hasFigure = (name: MonitorName) => monitors[name].figure in figures;
  if (!hasFigure(monitor)) {
    const names = (Object.keys(monitors) as MonitorName[]).filter(hasFigure).join(', ');
    const kind = loss.heads !== undefined ? 'several' : validation.classes === null ? 'values' : 'classes';
    throw new OptionError('train', 'monitor', `has ${show(monitor)}, expected ${names} (the targets are ${kind})`);
  }
  return { patience, minDelta, monitor };
}

/** Options that are used in arithmetic with the run's numbers. */
const ARITHMETIC_OPTIONS = ['clipNorm', 'maxNorm', 'ema'] as const;

/** @throws OptionError for an option, except of layers, that is invalid once rounded to the run's type. */
export function refuseLostNumbers(
  options: { readonly [K in (typeof ARITHMETIC_OPTIONS)[number]]?: number | undefined },
  loss: Loss,
  optimizer: Optimizer,
  rate: number, // rate of the first step
  type: ElementType,
): void {
  refuseLossBeyondFloats('train', loss, type);
  refuseOptimizerBeyondFloats('train', optimizer, rate, type);
  if (type === 'float64') return;
  for (const name of ARITHMETIC_OPTIONS) {
    const value = options[name];
    if (value !== undefined) checkFloat32('train', name, value, trainOptions.table[name].check);
  }
}

/** Shape of a row: that of the network's input, or of the dataset's rows if the network reads flat rows. */
export const shapeOfRows = ({ input }: Network, { inputs }: Dataset): Shape =>
  input.length === 1 ? (inputs.shape ?? input) : input;

/** Augmentation of the rows; null without. @throws OptionError unless rows are images, and for shifts out of them. */
export function augmentationOf(
  { flip, shift, rotate, zoom, erase }: Required<Omit<Augmentation, 'shape'>>,
  network: Network,
  train: Dataset,
): Augmentation | null {
  const augmentation = { flip, shift, rotate, zoom, erase };
  const requested = Object.entries(augmentation).find(([, value]) => Boolean(value));
  if (requested === undefined) return null;
  const shape = shapeOfRows(network, train);
  if (shape.length !== 3) {
    const [name, value] = requested;
    const reason = ofText(train.preprocessing) === undefined ? `has rows of shape ${show(shape)}` : 'is a text';
    const problem = `has ${show(value)}, expected none: ${showName(train.name)} ${reason}, not images`;
    throw new OptionError('train', name, `${problem} (rows of [height, width, channels])`);
  }
  const [H, W] = shape;
  if (shift >= Math.min(H, W)) {
    const problem = `has ${shift}, expected at most ${Math.min(H, W) - 1} (images of ${H}x${W} pixels)`;
    throw new OptionError('train', 'shift', problem);
  }
  return { ...augmentation, shape };
}

/** @throws OptionError for an activation whose derivative is 0 everywhere: no weight before it would change. */
export function refuseUntrainable({ allLayers, tensors }: Network): void {
  if (tensors.some(({ isFrozen }) => isFrozen) && !tensors.some(({ isTrained }) => isTrained)) {
    throw new OptionError('train', 'freeze', 'leaves no layer that learns, expected at least 1');
  }
  for (const { path, layer, spec } of allLayers) {
    if (layer.activation === undefined || layer.activation.f.maxSlope > 0 || spec.kind !== 'activation') continue;
    const problem = 'has derivative 0 everywhere, expected an activation with a gradient';
    throw new OptionError('train', `layers.${path}.fn`, problem, { about: atLayer(spec.fn, path, spec.name) });
  }
}

const SPLITS = ['train', 'validation', 'test'] as const satisfies readonly (keyof DataSplits)[];

/** Returns a copy of the data if each set is an object; the contents are checked later, against the network. */
export function checkSplits(data: DataSplits): DataSplits {
  checkObject('train', 'data', data, '{ train, validation?, test? }, each a dataset');
  if ('inputs' in data && !('train' in data)) {
    throw new OptionError(
      'train',
      'data',
      'has a dataset, expected { train: dataset } (validation and test are keys of their own)',
    );
  }
  const splits: readonly string[] = SPLITS;
  for (const key of Object.keys(data)) if (!splits.includes(key)) throw unknownOption('train: data', key, splits);
  for (const name of SPLITS) {
    if (name === 'train' || data[name] !== undefined) {
      const { inputs } = checkObject('train', `data.${name}`, data[name], 'a dataset') as { inputs?: unknown };
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

/** Copies a dataset, except for its rows, which are too large. Invalid values are kept for later checks to report. */
function copyDataset(dataset: Dataset): Dataset {
  const copyOf = (matrix: DataMatrix): DataMatrix =>
    typeof matrix === 'object' && matrix !== null ? { ...matrix } : matrix;
  const { inputs, targets, weights, lengths } = dataset;
  const optional = {
    ...(weights === undefined ? {} : { weights: copyOf(weights) }),
    ...(lengths === undefined ? {} : { lengths: copyOf(lengths) }),
  };
  return { ...dataset, inputs: copyOf(inputs), targets: copyOf(targets), ...optional };
}
