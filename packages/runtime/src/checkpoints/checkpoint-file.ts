import {
  buildNetwork,
  checkPreprocessing,
  createLoss,
  createSchedule,
  type Elements,
  type ElementsOf,
  type ElementType,
  type Json,
  type JsonObject,
  type LoadedParts,
  type Optimizer,
} from '@gradloom/core';
import {
  type Container,
  checkEncoding,
  checkModules,
  createElements,
  elementTypes,
  FLOAT64,
  isJsonObject,
  MODEL_KINDS,
  NOTHING_LOADED,
  PARAMETERS,
  show,
  typeOf,
} from '@gradloom/core/internal';
import { peekContainer, readContainer, writeContainer } from '../files/container.ts';
import type { LoadOptions } from '../own/load-options.ts';
import { optimizerOf } from '../run/optimizer-of.ts';
import type { Checkpoint, Progress, RunArrays, RunRecord, SavedState } from './checkpoint.ts';
import type { RunIdentity } from './same-run.ts';

/** The kind of file. Models are another kind; both have their weights in the same section. */
export const CHECKPOINT_KIND = MODEL_KINDS.checkpoint;

/**
 * Of what the header says, as the container has one of its own. Older ones are refused by number until there is one to
 * migrate.
 */
const VERSION = 2;

/**
 * Writes a checkpoint, replacing an older one as a whole, straight from the arrays; `others` are more paths for it.
 * @throws Error naming the path.
 */
export function saveCheckpoint(
  path: string,
  { arrays, earlier, best, ...header }: Checkpoint,
  others: readonly string[] = [],
): void {
  const optimizer = recordedOptimizer(header.record);
  const sections = new Map([
    ...sectionsOf(optimizer, arrays),
    ['epochLosses', arrays.epochLosses],
    ...(best === undefined ? [] : [[BEST, best] as NamedArray]),
    ...(earlier === undefined
      ? []
      : sectionsOf(optimizer, earlier).map(([name, array]): NamedArray => [EARLIER + name, array])),
  ]);
  const counters = earlier === undefined ? {} : { earlier: earlier.counters };
  writeContainer(
    'saveCheckpoint',
    path,
    CHECKPOINT_KIND,
    { version: VERSION, ...header, ...counters },
    sections,
    others,
  );
}

/**
 * Loads the checkpoint in `path`, for `train(..., { resume })`.
 * @throws Error naming the path and the problem if any byte is changed, or its parts do not belong to one run.
 */
export const loadCheckpoint = (path: string, options: LoadOptions = {}): Checkpoint =>
  checkpointOf('loadCheckpoint', path, readContainer('loadCheckpoint', path, [CHECKPOINT_KIND]), options);

/**
 * The run that the header of the checkpoint in `path` names; its arrays are not read or checked.
 * @throws Error if it is not a checkpoint.
 */
export function readRun(path: string): RunIdentity {
  const { version, spec, loss, preprocessing, record } = peekContainer('readRun', path, [CHECKPOINT_KIND]);
  if (version !== VERSION || !isJsonObject(record)) throw new Error(`readRun: ${path} has no run, expected one`);
  checkRecord(record);
  return { spec, loss, preprocessing, record } as unknown as RunIdentity;
}

const WITH_SHARDS = ' (its run cut batches into shards, as an earlier version did: it cannot go on, train again)';

/**
 * The checkpoint in a container of its kind.
 * @throws Error naming the path if its parts do not belong to one run.
 */
export function checkpointOf(
  where: string,
  path: string,
  { content, sections }: Container,
  { parts = NOTHING_LOADED }: LoadOptions,
): Checkpoint {
  const { version, ...header } = content;
  if (version !== VERSION) {
    const why = isJsonObject(content.record) && 'shards' in content.record ? WITH_SHARDS : '';
    throw new Error(`${where}: ${path} has checkpoint version ${show(version)}, expected ${VERSION}${why}`);
  }
  if (isJsonObject(header.record)) checkModules(`${where}: ${path}`, header.record.modules, parts);
  try {
    return checkCheckpoint(header, sections, parts);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${where}: ${path} has parts that do not belong together (${reason}), expected those of one run`, {
      cause: error,
    });
  }
}

type NamedArray = [name: string, array: Elements];

/** Prefix of the sections of an earlier state. */
const EARLIER = 'earlier ';

/** The section of the weights of the best evaluation. */
const BEST = 'best parameters';

const sectionsOf = (optimizer: Optimizer, arrays: Omit<RunArrays, 'epochLosses'>): NamedArray[] => [
  [weightsSection(optimizer), arrays.parameters],
  ...slotSections(optimizer).map((section, k): NamedArray => [section, arrays.state[k]]),
  ['scalars', arrays.scalars],
  ['scheduleState', arrays.scheduleState],
  ['epochSums', arrays.epochSums],
];

const recordedOptimizer = ({ optimizer, ema }: RunRecord): Optimizer => optimizerOf(optimizer, ema);

/** The section of the weights that are trained. That of the model, which every reader takes, is `parameters`. */
const weightsSection = ({ shareAt }: Optimizer): string => (shareAt === undefined ? PARAMETERS : 'trained parameters');

/** The sections of the optimizer's state; a moving average of the weights is the model. */
const slotSections = ({ slots, shareAt }: Optimizer): string[] =>
  slots.map((slot, k) => (shareAt !== undefined && k === slots.length - 1 ? PARAMETERS : `optimizer ${slot}`));

/** The checkpoint of a file, after checking everything that a resume reads. */
function checkCheckpoint(header: JsonObject, sections: ReadonlyMap<string, Elements>, parts: LoadedParts): Checkpoint {
  const { loss, metadata, record, progress } = header as unknown as Checkpoint;
  const network = buildNetwork((header as unknown as Checkpoint).spec, parts.own);
  const { spec, parameterCount: P } = network;
  const preprocessing =
    header.preprocessing === undefined ? undefined : checkPreprocessing('checkpoint', header.preprocessing);
  if (preprocessing !== undefined) checkEncoding('checkpoint', network, preprocessing);
  createLoss(loss, parts.own);
  if (!isJsonObject(header.metadata)) throw new Error(`metadata has ${show(metadata)}, expected an object`);
  checkRecord(header.record);
  checkProgress(header.progress, record);
  const { precision: elementType = FLOAT64 } = record;
  const optimizer = recordedOptimizer(record);
  const { initialScalars } = optimizer;
  const { initialState } = createSchedule(record.schedule, record, parts.own);
  const counters = checkEarlier(header.earlier, record, progress);
  const stateLengths: [string, number][] = [
    [weightsSection(optimizer), P],
    ...slotSections(optimizer).map((section): [string, number] => [section, P]),
    ['scalars', initialScalars.length],
    ['scheduleState', initialState.length],
    ['epochSums', 3],
  ];
  const lengths = new Map([
    ...stateLengths,
    ['epochLosses', Math.floor(progress.step / record.stepsPerEpoch)],
    ...(progress.early?.bestStep === undefined ? [] : [[BEST, P] as [string, number]]),
    ...(counters === undefined ? [] : stateLengths.map(([name, length]): [string, number] => [EARLIER + name, length])),
  ]);
  const surplus = [...sections.keys()].find((name) => !lengths.has(name));
  if (surplus !== undefined)
    throw new Error(`section ${show(surplus)} is unknown, expected ${[...lengths.keys()].join(', ')}`);
  function take<T extends ElementType>(type: T, name: string): ElementsOf<T> {
    const array = sections.get(name) ?? createElements(type, 0);
    if (array.length !== lengths.get(name)) {
      throw new Error(`section ${name} has ${array.length} numbers, expected ${lengths.get(name)}`);
    }
    if (typeOf(array) === type) return array as ElementsOf<T>;
    throw new Error(`section ${name} has numbers of type ${typeOf(array)}, expected ${type}`);
  }
  const stateOf = (prefix: string): Omit<RunArrays, 'epochLosses'> => ({
    parameters: take(elementType, prefix + weightsSection(optimizer)),
    state: slotSections(optimizer).map((section) => take(elementType, prefix + section)),
    scalars: take(FLOAT64, `${prefix}scalars`),
    scheduleState: take(FLOAT64, `${prefix}scheduleState`),
    epochSums: take(FLOAT64, `${prefix}epochSums`),
  });
  const arrays: RunArrays = { ...stateOf(''), epochLosses: take(FLOAT64, 'epochLosses') };
  const earlier = counters === undefined ? {} : { earlier: { ...stateOf(EARLIER), counters } };
  const encoding = preprocessing === undefined ? {} : { preprocessing };
  const best = lengths.has(BEST) ? { best: take(elementType, BEST) } : {};
  return { spec, loss, metadata, ...encoding, record, progress, arrays, ...earlier, ...best };
}

/** Checks the parts of a record that are used; the rest is only compared. */
function checkRecord(record: Json | undefined): asserts record is JsonObject & RunRecord & Json {
  if (!isJsonObject(record)) throw new Error(`record has ${show(record)}, expected an object`);
  for (const name of ['totalSteps', 'stepsPerEpoch', 'evaluateEvery', 'batch'])
    whole(`record.${name}`, record[name], 1);
  const { backend, data, ema } = record;
  if (ema !== undefined && !(typeof ema === 'number' && ema > 0 && ema < 1)) {
    throw new Error(`record.ema has ${show(ema)}, expected a number between 0 and 1`);
  }
  const { precision = FLOAT64 } = record;
  if (!elementTypes.some((type) => type === precision)) {
    throw new Error(`record.precision has ${show(precision)}, expected ${elementTypes.join(' or ')}`);
  }
  if (!isJsonObject(backend) || typeof backend.name !== 'string') {
    throw new Error(`record.backend has ${show(backend)}, expected { name }`);
  }
  const { library } = backend;
  const isLibrary = isJsonObject(library) && ['name', 'version', 'core'].every((it) => typeof library[it] === 'string');
  if (library !== undefined && !isLibrary) {
    throw new Error(`record.backend.library has ${show(library)}, expected { name, version, core }`);
  }
  if (!isJsonObject(data)) throw new Error(`record.data has ${show(data)}, expected an object`);
}

function checkProgress(
  progress: Json | undefined,
  { totalSteps }: RunRecord,
): asserts progress is JsonObject & Progress & Json {
  if (!isJsonObject(progress)) throw new Error(`progress has ${show(progress)}, expected an object`);
  const step = whole('progress.step', progress.step, 0);
  if (step > totalSteps) throw new Error(`progress.step has ${step}, expected at most ${totalSteps} (totalSteps)`);
  whole('progress.samples', progress.samples, 0);
  whole('progress.threads', progress.threads, 1);
  whole('progress.gradientThreads', progress.gradientThreads, 0);
  whole('progress.rollbacks', progress.rollbacks ?? 0, 0);
  const { elapsedMs, rate, validation, test, best } = progress;
  if (rate !== undefined && !(typeof rate === 'number' && rate >= 0)) {
    throw new Error(`progress.rate has ${show(rate)}, expected a number of at least 0`);
  }
  if (typeof elapsedMs !== 'number' || !(elapsedMs >= 0)) {
    throw new Error(`progress.elapsedMs has ${show(elapsedMs)}, expected a number of at least 0`);
  }
  for (const [name, figures] of Object.entries({ validation, test, best })) checkFigures(`progress.${name}`, figures);
  checkEarlyStopping(progress.early, step);
}

function checkEarlyStopping(early: Json | undefined, step: number): void {
  if (early === undefined) return;
  if (!isJsonObject(early)) throw new Error(`progress.early has ${show(early)}, expected an object`);
  const evaluated = whole('progress.early.evaluated', early.evaluated, 0);
  if (evaluated > step) throw new Error(`progress.early.evaluated has ${evaluated}, expected at most ${step} (step)`);
  whole('progress.early.waited', early.waited, 0);
  if (early.bestStep !== undefined) {
    const best = whole('progress.early.bestStep', early.bestStep, 0);
    if (best > evaluated) throw new Error(`progress.early.bestStep has ${best}, expected at most ${evaluated}`);
  }
  checkFigures('progress.early.validation', early.validation);
}

/** The counters of an earlier state; undefined where there is none. */
function checkEarlier(
  earlier: Json | undefined,
  { stepsPerEpoch }: RunRecord,
  progress: Progress,
): SavedState['counters'] | undefined {
  if (earlier === undefined) return undefined;
  if (!isJsonObject(earlier)) throw new Error(`earlier has ${show(earlier)}, expected an object`);
  const step = whole('earlier.step', earlier.step, 0);
  if (step > progress.step) throw new Error(`earlier.step has ${step}, expected at most ${progress.step} (step)`);
  whole('earlier.samples', earlier.samples, 0);
  const epochs = whole('earlier.epochs', earlier.epochs, 0);
  if (epochs !== Math.floor(step / stepsPerEpoch)) {
    throw new Error(`earlier.epochs has ${epochs}, expected ${Math.floor(step / stepsPerEpoch)} (of ${step} steps)`);
  }
  checkFigures('earlier.validation', earlier.validation);
  return earlier as unknown as SavedState['counters'];
}

function checkFigures(name: string, figures: Json | undefined): void {
  if (figures === undefined || (isJsonObject(figures) && Object.values(figures).every(isFigure))) return;
  throw new Error(`${name} has ${show(figures)}, expected numbers`);
}

const isFigure = (value: Json): boolean =>
  isNumber(value) || (isJsonObject(value) && Object.values(value).every(isNumber));

const isNumber = (value: Json): boolean => typeof value === 'number';

function whole(name: string, value: Json | undefined, least: number): number {
  if (Number.isSafeInteger(value) && Number(value) >= least) return Number(value);
  throw new Error(`${name} has ${show(value)}, expected a whole number of at least ${least}`);
}
