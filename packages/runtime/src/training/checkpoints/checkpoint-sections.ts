import type { Elements, ElementsOf, ElementType, Optimizer } from '@gradloom/core';
import { createElements, FLOAT64, PARAMETERS, show, typeOf } from '@gradloom/core/internal';
import { optimizerOf } from '../../engine/step/optimizer-of.ts';
import type { Checkpoint, Progress, RunArrays, RunRecord, SavedState } from './checkpoint.ts';

type NamedArray = [name: string, array: Elements];

/** The arrays of a checkpoint by section name. */
export function sectionsOf(
  record: RunRecord,
  arrays: Checkpoint['arrays'],
  earlier: Checkpoint['earlier'] | undefined,
  best: Checkpoint['best'] | undefined,
): Map<string, Elements> {
  const optimizer = recordedOptimizer(record);
  return new Map([
    ...stateSections(optimizer, arrays),
    ['epochLosses', arrays.epochLosses],
    ...(best === undefined ? [] : [[BEST, best] as NamedArray]),
    ...(earlier === undefined
      ? []
      : stateSections(optimizer, earlier).map(([name, array]): NamedArray => [EARLIER + name, array])),
  ]);
}

/** Information in the header of a checkpoint about its sections. */
export interface SectionsHeader {
  readonly record: RunRecord;
  readonly progress: Progress;
  readonly parameterCount: number;
  readonly stateLength: number; // length of a slot of the optimizer's state
  readonly scheduleLength: number; // length of the schedule's state
  readonly counters: SavedState['counters'] | undefined; // counters of an earlier state
}

/**
 * Reads the arrays from the sections of a file.
 * @throws Error naming a section that is unknown, missing, or has another length or type than the header says.
 */
export function arraysOf(
  sections: ReadonlyMap<string, Elements>,
  { record, progress, parameterCount: P, stateLength, scheduleLength, counters }: SectionsHeader,
): Pick<Checkpoint, 'arrays' | 'earlier' | 'best'> {
  const { precision: elementType = FLOAT64 } = record;
  const optimizer = recordedOptimizer(record);
  const stateLengths: [string, number][] = [
    [weightsSection(optimizer), P],
    ...slotSections(optimizer).map((section): [string, number] => [section, section === PARAMETERS ? P : stateLength]),
    ['scalars', optimizer.initialScalars.length],
    ['scheduleState', scheduleLength],
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
  function readSection<T extends ElementType>(type: T, name: string): ElementsOf<T> {
    const array = sections.get(name) ?? createElements(type, 0);
    if (array.length !== lengths.get(name)) {
      throw new Error(`section ${name} has ${array.length} numbers, expected ${lengths.get(name)}`);
    }
    if (typeOf(array) === type) return array as ElementsOf<T>;
    throw new Error(`section ${name} has numbers of type ${typeOf(array)}, expected ${type}`);
  }
  const stateOf = (prefix: string): Omit<RunArrays, 'epochLosses'> => ({
    parameters: readSection(elementType, prefix + weightsSection(optimizer)),
    state: slotSections(optimizer).map((section) => readSection(elementType, prefix + section)),
    scalars: readSection(FLOAT64, `${prefix}scalars`),
    scheduleState: readSection(FLOAT64, `${prefix}scheduleState`),
    epochSums: readSection(FLOAT64, `${prefix}epochSums`),
  });
  const arrays: RunArrays = { ...stateOf(''), epochLosses: readSection(FLOAT64, 'epochLosses') };
  const earlier = counters === undefined ? {} : { earlier: { ...stateOf(EARLIER), counters } };
  const bestWeights = lengths.has(BEST) ? { best: readSection(elementType, BEST) } : {};
  return { arrays, ...earlier, ...bestWeights };
}

/** Prefix of the sections of an earlier state. */
const EARLIER = 'earlier ';

/** The section of the weights of the best evaluation. */
const BEST = 'best parameters';

const stateSections = (optimizer: Optimizer, arrays: Omit<RunArrays, 'epochLosses'>): NamedArray[] => [
  [weightsSection(optimizer), arrays.parameters],
  ...slotSections(optimizer).map((section, k): NamedArray => [section, arrays.state[k]]),
  ['scalars', arrays.scalars],
  ['scheduleState', arrays.scheduleState],
  ['epochSums', arrays.epochSums],
];

const recordedOptimizer = ({ optimizer, ema }: RunRecord): Optimizer => optimizerOf(optimizer, ema);

/** The section of the trained weights. With a moving average, `parameters` has the average: it is the model. */
const weightsSection = ({ smoothingAt }: Optimizer): string =>
  smoothingAt === undefined ? PARAMETERS : 'trained parameters';

/** The sections of the optimizer's state. A moving average of the weights, the last slot, is the model. */
const slotSections = ({ slots, smoothingAt }: Optimizer): string[] =>
  slots.map((slot, k) => (smoothingAt !== undefined && k === slots.length - 1 ? PARAMETERS : `optimizer ${slot}`));
