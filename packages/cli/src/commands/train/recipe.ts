import {
  createLoss,
  createOptimizer,
  type LossSpec,
  type NetworkSpec,
  type OptimizerName,
  type OptimizerSpec,
  OptionError,
} from '@gradloom/core';
import {
  counted,
  findNetwork,
  freezeLayers,
  hasHeads,
  ofTable,
  ofText,
  optimizerOptions,
  showName,
  tokensOf,
} from '@gradloom/core/internal';
import {
  adaptModel,
  type Cluster,
  type DataSplits,
  type Dataset,
  type ModelContents,
  type StartingModel,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { defaultLoss, MIN_WATCHED_ROWS, measuredSteps, rowsPerStep } from '@gradloom/runtime/internal';
import { trainOptions } from '@gradloom/runtime/options';
import { type OpenedDataset, type OpenedTable, openDataset, type Shares } from '../../files/datasets/open-dataset.ts';
import type { Preset } from '../../files/datasets/presets.ts';
import { withTableFlags } from '../../files/datasets/table-options.ts';
import { imagePreset } from '../../files/datasets/table-preset.ts';
import { textPreset, timedTextPreset } from '../../files/datasets/text-preset.ts';
import { customParts } from '../../options/custom-parts.ts';
import { camelCase, optionsFrom } from '../../options/flags-of.ts';
import { describeLoss, isByTarget, type LossValue } from '../../options/loss.ts';
import type { Member } from '../../options/member.ts';
import { defined } from '../../options/option.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type BaseModel, openBaseModel } from './base-model.ts';
import { networkSpec } from './network-spec.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import type { TrainValues } from './options.ts';
import { outputActivation, outputsOf } from './stacked-network.ts';

/** A run with every default of the command line filled in. */
export interface Recipe {
  readonly sets: DataSplits;
  readonly spec: NetworkSpec;
  readonly options: TrainOptions;
  /** For a table: findings about the file, and the use of its columns. */
  readonly table?: OpenedTable;
  /** For the user's arrays or images: the automatic decisions, one sentence each. */
  readonly decisions?: readonly string[];
  /** These settings as flags, to repeat the run. */
  readonly values: TrainValues;
}

/** Steps in which a run sees every row: each takes `accumulate` batches. */
export const stepsPerEpoch = ({ options: { batch = 'full', accumulate = 1 }, sets: { train } }: Recipe): number =>
  Math.ceil(train.rows / rowsPerStep({ batch, accumulate }, train));

/** @throws OptionError for a network or a flag that does not fit. */
export async function createRecipe(
  values: TrainValues,
  { preset, sets, shares, table, decisions, baseModel }: OpenedRun,
): Promise<Recipe> {
  const datasetPreset = baseModel === undefined ? timedPreset(values, preset(), sets.train) : preset();
  const baseLoss = baseModel === undefined || values['replace-head'] ? undefined : baseModel.loss;
  const loss = lossSpec(values, sets.train, baseLoss);
  refuseNumbers(values, sets.train, loss, table);
  const network = baseModel === undefined ? networkOf(values, datasetPreset, sets.train) : undefined;
  const isSeries = ofTable(sets.train.preprocessing)?.series !== undefined;
  // A known network of images has training defaults of its own; series and texts have theirs in the preset of the data.
  const knownNetwork = baseModel === undefined ? network : datasetPreset.network;
  const keepsPreset = knownNetwork === undefined || isSeries || isTextData(sets.train);
  const networkPreset = (name: string) =>
    findNetwork(name)?.rows === 'tokens' ? textPreset : imagePreset(datasetPreset, sets.train.rows);
  const runPreset = keepsPreset ? datasetPreset : networkPreset(knownNetwork);
  const networkValues: TrainValues = {
    ...(network === undefined ? { hidden: runPreset.hidden, activation: { kind: runPreset.activation } } : { network }),
    'output-activation': { kind: outputActivation(sets.train, createLoss(loss, customParts())) },
  };
  const { 'warmup-steps': warmupSteps, ...otherValues } = withoutMergedFlags(values);
  const optimizer = optimizerSpec(values, runPreset);
  const schedule = values.schedule ?? {
    kind: optimizer.kind === runPreset.optimizer.kind ? runPreset.schedule : 'constant',
  };
  const fullValues: TrainValues = {
    ...(values.spec === undefined && baseModel === undefined ? networkValues : {}),
    ...lengthOf(values, runPreset),
    batch: runPreset.batch === 'full' ? runPreset.batch : Math.min(runPreset.batch, sets.train.rows),
    seed: 0,
    ...defined({ precision: runPreset.precision }),
    ...otherValues,
    ...shares,
    ...earlyStopping(values, runPreset, sets),
    loss,
    optimizer,
    schedule: warmupSteps === undefined ? schedule : { ...schedule, warmupSteps },
  };
  const start = baseModel?.model ? startOf(baseModel.model, fullValues, sets.train, loss) : undefined;
  const spec = start?.spec ?? baseModel?.spec ?? (await networkSpec(fullValues, sets.train));
  // Holds the network itself, since its file may change.
  if (fullValues.spec !== undefined) fullValues.spec = { ...spec };
  const { freeze = [] } = fullValues;
  return {
    sets,
    spec: freeze.length === 0 ? spec : freezeLayers('train', spec, freeze, customParts()),
    options: { ...trainOptionsOf(fullValues), ...(start === undefined ? {} : { from: start }) },
    values: fullValues,
    ...defined({ table, decisions }),
  };
}

/** The recipe with as many steps as fit into its minutes, measured on all ranks, so that its files repeat the run. */
export async function withMeasuredSteps(
  recipe: Recipe,
  cluster: Cluster | null,
  print: (line: string) => void,
): Promise<Recipe> {
  const { minutes, ...values } = recipe.values;
  if (minutes === undefined) return recipe;
  print(
    `gradloom train: measuring the time of a step, to train for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`,
  );
  const clusterOption = cluster === null ? {} : { cluster };
  const options = await measuredSteps(recipe.spec, recipe.sets, { ...recipe.options, ...clusterOption }, train);
  const { steps, cluster: _, ...others } = options;
  return { ...recipe, options: { ...others, ...defined({ steps }) }, values: { ...values, ...defined({ steps }) } };
}

/** The network that a run with --from starts with, and its weights. @throws OptionError for what does not fit. */
function startOf(
  model: ModelContents,
  { until, seed, 'replace-head': replacesHead, lora: rank, 'merge-lora': mergeLora, ...others }: TrainValues,
  dataset: Dataset,
  loss: LossSpec,
): StartingModel {
  if (replacesHead && dataset.heads !== undefined) {
    const problem = `has ${counted(dataset.heads.length, 'target')}, expected one with --replace-head`;
    throw new OptionError('train', 'dataset', problem, { about: showName(dataset.name) });
  }
  const outputs = replacesHead ? { outputs: outputsOf(dataset, createLoss(loss, customParts())) } : {};
  const { 'lora-alpha': alpha, 'lora-layers': layers } = others;
  const lora = rank === undefined ? undefined : defined({ rank, alpha, layers });
  try {
    return adaptModel(model, { ...defined({ until, seed, lora, mergeLora }), ...outputs });
  } catch (error) {
    if (!(error instanceof OptionError) || error.options[0] !== 'outputs') throw error;
    throw new OptionError('train', 'replaceHead', error.problem, { about: error.about, cause: error });
  }
}

/** The defaults of a dataset; for a text whose training has some minutes, those that make most of them. */
function timedPreset({ minutes, optimizer }: TrainValues, preset: Preset, { preprocessing, rows }: Dataset): Preset {
  const text = ofText(preprocessing)?.text;
  const asksForOther = optimizer !== undefined && optimizer.kind !== 'muon';
  return minutes === undefined || text === undefined || asksForOther
    ? preset
    : timedTextPreset(rows * text.context, minutes);
}

/** Whether rows are a text, or texts. */
export const isTextData = ({ preprocessing }: Dataset): boolean =>
  ofText(preprocessing) !== undefined || tokensOf(preprocessing) !== undefined;

/** The known network of a run. @throws OptionError for options that it does not take. */
function networkOf(values: TrainValues, datasetPreset: Preset, train: Dataset): string | undefined {
  if (values.spec !== undefined) return undefined;
  const name =
    values.network ??
    (isTextData(train) || HIDDEN_LAYER_FLAGS.every((flag) => values[flag] === undefined)
      ? datasetPreset.network
      : undefined);
  if (name === undefined) return undefined;
  const networkOptions: readonly string[] = findNetwork(name)?.options ?? [];
  const stray = HIDDEN_LAYER_FLAGS.find((flag) => values[flag] !== undefined && !networkOptions.includes(flag));
  if (stray === undefined) return name;
  if (values.network === undefined) {
    const expectedFlags = networkOptions.map((flag) => `--${flag}`).join(', ');
    throw new UsageError(
      `--${stray} is given with a text, expected ${expectedFlags} of its network ${name}, or another by --network or --spec`,
    );
  }
  const expected =
    networkOptions.length === 0
      ? 'one of the two'
      : `options that it has: ${networkOptions.map((flag) => `--${flag}`).join(', ')}`;
  throw new UsageError(`--network ${name} is given with --${stray}, expected ${expected}`);
}

/** Flags of hidden layers: with any of these, the default network of a dataset is not used. */
const HIDDEN_LAYER_FLAGS = ['hidden', 'activation', 'init', 'dropout'] as const satisfies (keyof TrainValues)[];

/** The loss with its flags. @throws OptionError if the loss does not have the option. */
function lossSpec(values: TrainValues, dataset: Dataset, baseLoss: LossSpec | undefined): LossValue {
  const loss = withoutShortForms(defaultLoss(dataset, values.loss ?? baseLoss));
  const labelSmoothing = values['label-smoothing'];
  if (labelSmoothing === undefined) return loss;
  const isEntropy = ({ kind }: Member) => kind === 'softmax-cross-entropy';
  const smooth = <M extends Member>(member: M): M => (isEntropy(member) ? { ...member, labelSmoothing } : member);
  if (!isByTarget(loss) && isEntropy(loss)) return smooth(loss);
  if (isByTarget(loss) && Object.values(loss).some(isEntropy)) {
    return Object.fromEntries(Object.entries(loss).map(([target, member]) => [target, smooth(member)]));
  }
  const problem = `is no option of ${describeLoss(loss)}, expected --loss softmax-cross-entropy`;
  throw new OptionError('train', ['labelSmoothing', 'loss'], problem, { about: 'labelSmoothing' });
}

/** The loss, or each of several, as an object. */
function withoutShortForms(loss: LossSpec): LossValue {
  const member = (spec: LossSpec) => (typeof spec === 'string' ? { kind: spec } : spec);
  const long = hasHeads(loss)
    ? Object.fromEntries(Object.entries(loss).map(([target, spec]) => [target, member(spec)]))
    : member(loss);
  return long as LossValue;
}

/** @throws OptionError for targets that the loss cannot take; a hint says if numbers may be meant as classes. */
function refuseNumbers(
  { dataset }: TrainValues,
  { name, classes, targets, heads }: Dataset,
  loss: LossSpec,
  table: OpenedTable | undefined,
): void {
  if (heads !== undefined) return;
  const { name: kind, targets: expectedTargets } = createLoss(loss, customParts());
  const badTarget = targets.array.find((value) => value / targets.divisor < 0 || value / targets.divisor > 1);
  if (kind === 'binary-cross-entropy' && classes === null && badTarget !== undefined) {
    const advice =
      table === undefined ? '' : ' (numbers of a table are scaled; --targets classes reads 0 and 1 as classes)';
    const problem = `has ${badTarget / targets.divisor}, expected numbers from 0 to 1 for ${kind}${advice}`;
    throw new OptionError('train', ['loss', 'dataset'], problem, { about: `the target of ${name}` });
  }
  if (expectedTargets !== 'classes' || classes !== null || dataset === undefined || !('path' in dataset)) return;
  const targetColumn = table?.table.targets[0].data;
  const numbers = targetColumn?.kind === 'numbers' ? targetColumn.values : targets.array;
  const areWhole = targets.columns === 1 && numbers.every((value) => Number.isInteger(value) && value >= 0);
  const advice = areWhole ? `--targets classes reads them as classes` : `mse takes values`;
  const problem = `has numbers, expected classes for ${kind} (${advice})`;
  throw new OptionError('train', ['loss', 'dataset'], problem, { about: `the target of ${name}` });
}

function lengthOf({ epochs, steps, minutes }: TrainValues, preset: Preset): TrainValues {
  if (epochs !== undefined || steps !== undefined || minutes !== undefined) return {};
  return preset.steps === undefined ? { epochs: preset.epochs } : { steps: preset.steps };
}

/** The options with the figure that early stopping watches filled in, for a resume and a config file. */
function earlyStopping(values: TrainValues, preset: Preset, { validation }: DataSplits): TrainValues {
  const isWatched = validation !== undefined && validation.rows >= MIN_WATCHED_ROWS;
  const { patience = isWatched ? preset.patience : undefined } = values;
  if (patience === undefined || patience === 'none') return {};
  return { patience, 'min-delta': values['min-delta'] ?? 0, monitor: values.monitor ?? 'validation-loss' };
}

/** The values without the flags that have become part of the optimizer or the loss. */
function withoutMergedFlags(values: TrainValues): TrainValues {
  const mergedKeys = new Set(['lr', 'label-smoothing', ...Object.keys(optimizerFlags)]);
  return Object.fromEntries(Object.entries(values).filter(([key]) => !mergedKeys.has(key)));
}

/** The flags that are options of the library, except resume and cluster, which are opened elsewhere. */
function trainOptionsOf({ patience, cluster: _, module, ...values }: TrainValues): TrainOptions {
  return {
    ...optionsFrom(trainOptions.table, values),
    ...(typeof patience === 'number' ? { patience } : {}),
    ...(module === undefined ? {} : { modules: module }),
  };
}

/**
 * The optimizer with its flags. Options of the dataset apply if it has the same kind; flags override them.
 * @throws OptionError for a flag that the optimizer does not have.
 */
function optimizerSpec(values: TrainValues, preset: Preset): Exclude<OptimizerSpec, string> & Member {
  const kind = values.optimizer?.kind ?? preset.optimizer.kind;
  const spec: Member = { ...(kind === preset.optimizer.kind ? preset.optimizer : {}), ...values.optimizer, kind };
  if (values.lr !== undefined) spec.lr = values.lr;
  for (const flag of Object.keys(optimizerFlags) as (keyof typeof optimizerFlags)[]) {
    if (values[flag] === undefined) continue;
    if (!optimizerHas(kind, flag)) throw new OptionError('train', camelCase(flag), foreignFlagProblem(kind, flag));
    spec[camelCase(flag)] = values[flag];
  }
  createOptimizer(spec as OptimizerSpec); // throws for a value that does not fit
  return spec as Exclude<OptimizerSpec, string> & Member;
}

const optimizerHas = (kind: OptimizerName, flag: string): boolean =>
  Object.hasOwn(optimizerOptions[kind], camelCase(flag));

function foreignFlagProblem(kind: OptimizerName, flag: string): string {
  const kindFlags = Object.keys(optimizerFlags).filter((name) => optimizerHas(kind, name));
  const expected = ['lr', ...kindFlags].map((name) => `--${name}`).join(', ');
  const owners = (Object.keys(optimizerOptions) as OptimizerName[]).filter((name) => optimizerHas(name, flag));
  return `is no option of ${kind}, expected ${expected} (--${flag} belongs to ${owners.join(', ')})`;
}

/** The data of a run, and the model that it starts from. */
export interface OpenedRun extends OpenedDataset {
  readonly baseModel?: BaseModel | undefined;
}

/**
 * Reads the data of a run and splits it. With folds, no rows are held out unless a test share is asked for. The rows of
 * a run with --from are encoded as those of its model.
 */
export async function openRun(
  values: TrainValues & Required<Pick<TrainValues, 'dataset'>>,
  baseModel?: BaseModel,
): Promise<OpenedRun> {
  const { validation, folds, fold, test = folds === undefined ? undefined : 0 } = values;
  const shares = { validation, test, folds, fold };
  return openShares(values, shares, baseModel ?? (await openBaseModel(values)));
}

/** Reads the data of a run, and splits them by these shares. */
export async function openShares(
  { dataset, ...values }: TrainValues & Required<Pick<TrainValues, 'dataset'>>,
  shares: Shares,
  baseModel: BaseModel | undefined,
): Promise<OpenedRun> {
  const source = withTableFlags(dataset, values);
  if (baseModel === undefined) return openDataset(source, shares);
  const { preprocessing = null, metadata } = baseModel;
  const hasNewTarget = values['replace-head'] === true;
  const classNames = hasNewTarget ? undefined : metadata?.labels;
  return { ...(await openDataset(source, shares, '--dataset', classNames, preprocessing, hasNewTarget)), baseModel };
}

/** Warnings about the columns of a table, about values that only held-out rows have, and about a text. */
export const warningsOf = ({ table, warnings = [] }: OpenedDataset): readonly string[] =>
  table === undefined ? warnings : [...table.table.warnings, ...table.notes];
