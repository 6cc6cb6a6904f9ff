import type { CellFormat } from '@gradloom/core';
import { counted, isDateFormat, listed, show } from '@gradloom/core/internal';
import type { TargetKind } from '../../npy-dataset.ts';
import { EMPTY_TARGETS } from '../advice.ts';
import { answerClasses, classNamer, describeSpellings } from '../columns/answer-classes.ts';
import type { CollectedColumn } from '../columns/column-collector.ts';
import { sortedNames } from '../fit-preprocessing.ts';
import type { TableColumn } from '../table.ts';
import type { TableFault } from '../table-faults.ts';
import { areMostlyNumbers, asInCells, ColumnError, describeFormat, isNumber, shareOf } from './column-type.ts';
import type { Sniffer, Target } from './sniffer.ts';

/** Whole numbers are classes up to this many distinct ones, if each occurs twice on average. */
export const MAX_WHOLE_CLASSES = 20;

/** What is known about a target in advance. */
interface TargetRequest {
  readonly kind: TargetKind | undefined; // undefined: decided here
  readonly classNames: readonly string[] | undefined;
  readonly leavesGapsOut: boolean; // rows without a target are left out
  readonly takesGaps: boolean; // gaps that were not refused are those of a series
  readonly isPlain: boolean; // numbers are always values, and must not be mixed with words
  readonly isOneOfSeveral: boolean; // then so, too
  readonly format: CellFormat | undefined; // how numbers are written
}

const AS_REQUESTED = 'as asked for';

/** The classes of a target of 0 and 1 beside others, also if one of the two is in no row. */
const BITS = ['0', '1'];

/**
 * Decides whether a target holds classes or values. Words are classes, those of yes and no in any spelling two, and so
 * are whole numbers with at most 20 distinct values that occur twice each on average; of several targets only those of
 * 0 and 1.
 * @throws ColumnError for a target from which nothing can be learned.
 */
export function decideTarget(name: string, collectedColumn: CollectedColumn, request: TargetRequest): Target {
  const { kind, words, gapMark, dateWords } = collectedColumn;
  // Rows with such a mark are already gone from a table that leaves out rows without a target.
  if (kind === 'numbers' && gapMark !== null && !request.takesGaps) {
    throw new ColumnError(`has ${show(gapMark.cell)} in ${gapMark.location}, expected a number`);
  }
  const areDates = kind === 'dates' || (words.length > 0 && dateWords === words.length);
  if (isDateFormat(request.format) || areDates) {
    throw new ColumnError('has dates, expected classes or numbers (write them as numbers, such as days)');
  }
  const cells = collectedColumn.drainCells();
  return kind === 'numbers' ? decideNumbers(name, cells, request) : decideWords(name, cells, collectedColumn, request);
}

function decideWords(
  name: string,
  cells: Float64Array, // [N] indices into words
  { words, nonNumber }: CollectedColumn,
  { kind, classNames, leavesGapsOut, isPlain, isOneOfSeveral }: TargetRequest,
): Target {
  const isMixed =
    isPlain || isOneOfSeveral ? words.some(isNumber) : areMostlyNumbers(words) && words.length > MAX_WHOLE_CLASSES;
  if (kind === undefined && classNames === undefined && nonNumber !== null && isMixed) {
    const advice = [...(leavesGapsOut ? [EMPTY_TARGETS] : []), '--targets classes reads all cells as names'].join(', ');
    const numberShare = asInCells(shareOf(words, cells, isNumber));
    const has = `has ${show(nonNumber.cell)} in ${nonNumber.location}`;
    throw new ColumnError(`${has}, expected a number${numberShare} (${advice})`);
  }
  if (kind === undefined && !isPlain && words.length > Math.max(MAX_WHOLE_CLASSES, cells.length / 2)) {
    const many = `${words.length} different names in ${counted(cells.length, 'row')}`;
    throw new ColumnError(`has ${many}, expected classes that repeat (--target names another column)`);
  }
  const indices = Int32Array.from(cells);
  const classes = classNames ?? answerClasses(words, indices) ?? sortedNames(words);
  const reason = kind === undefined ? counted(words.length, 'different name') : AS_REQUESTED;
  const target = classTarget(name, words, indices, reason + describeSpellings(words, classes), classes);
  return { ...target, isGuess: false };
}

function decideNumbers(
  name: string,
  values: Float64Array,
  { kind, classNames, isPlain, isOneOfSeveral, format }: TargetRequest,
): Target {
  const distinct = new Set<number>();
  for (const value of values) if (distinct.size <= MAX_WHOLE_CLASSES || kind === 'classes') distinct.add(value);
  const areWhole = [...distinct].every((value) => Number.isSafeInteger(value));
  const isFew = distinct.size <= MAX_WHOLE_CLASSES;
  const areRepeated = 2 * distinct.size <= values.length;
  const areBits = [...distinct].every((value) => BITS.includes(String(value)));
  const seemsClasses = !isPlain && (isOneOfSeveral ? areBits : areWhole && isFew && areRepeated);
  if (classNames !== undefined || kind === 'classes' || (kind === undefined && seemsClasses)) {
    const indexOf = new Map([...distinct].map((value, index) => [value, index]));
    const names = [...distinct].map(String);
    const indices = Int32Array.from(values, (value) => indexOf.get(value) ?? 0);
    const isLabel = kind === undefined && isOneOfSeveral;
    const reason = isLabel ? 'only 0 and 1' : `${counted(names.length, 'different whole number')}, each repeated`;
    const classes = classNames ?? (isLabel ? BITS : sortedNames(names));
    return { ...classTarget(name, names, indices, kind ? AS_REQUESTED : reason, classes), isGuess: kind === undefined };
  }
  let reason = isFew
    ? `${distinct.size} whole numbers that hardly repeat`
    : `more than ${MAX_WHOLE_CLASSES} different numbers`;
  if (!areWhole) reason = 'not all are whole numbers';
  if (isOneOfSeveral) reason = 'one of several targets';
  if (kind !== undefined) reason = AS_REQUESTED;
  if (format !== undefined) reason = describeFormat(format);
  const data = { kind: 'numbers', values } as const;
  const column: TableColumn = { name, type: 'numeric', reason, gaps: 0, ...(format && { format }), data };
  return { column, classes: null, isGuess: reason !== AS_REQUESTED && !isOneOfSeveral };
}

/** How far a sum of probabilities that are rounded in a file may be from 1. */
const ROUNDING = 0.01;

/** @throws Error of `fault` for a row whose targets are not the probabilities of classes. */
export function refuseImproper(targets: readonly Pick<Target, 'column'>[], fault: TableFault): void {
  const columns = targets.map(({ column }) => column);
  const cells = columns.map(({ data }) => (data.kind === 'numbers' ? data.values : new Float64Array(0)));
  for (let n = 0; n < cells[0].length; n++) {
    const badRow = cells.findIndex(({ [n]: p }) => !(p >= 0 && p <= 1));
    if (badRow !== -1) {
      const has = `${show(columns[badRow].name)} has ${cells[badRow][n]} in row ${n + 1}`;
      throw fault(`: ${has}, expected a probability from 0 to 1`);
    }
    const sum = cells.reduce((sum, { [n]: p }) => sum + p, 0);
    if (Math.abs(sum - 1) > ROUNDING) {
      const names = listed(columns.map(({ name }) => name));
      throw fault(
        ` has probabilities of ${names} in row ${n + 1} that add up to ${Number(sum.toPrecision(6))}, expected 1`,
      );
    }
  }
}

function classTarget(
  name: string,
  words: readonly string[],
  indices: Int32Array, // [N] indices into `words`; overwritten
  reason: string,
  classes: readonly string[],
): Pick<Target, 'column' | 'classes'> {
  const nameOf = classNamer(classes);
  const indexOf = new Map(classes.map((word, index) => [word, index]));
  const unknown = words.find((word) => !indexOf.has(nameOf(word)));
  if (unknown !== undefined) {
    throw new ColumnError(`has ${show(unknown)}, expected one of ${listed(classes)}`);
  }
  const classOfWord = words.map((word) => indexOf.get(nameOf(word)) ?? 0);
  for (let n = 0; n < indices.length; n++) indices[n] = classOfWord[indices[n]];
  const data = { kind: 'words', words: classes, indices } as const;
  return { column: { name, type: 'categorical', reason, gaps: 0, data }, classes };
}

/** Says how a numeric target was read, since this decision most often has to be changed. */
export const targetKind: Sniffer = {
  flag: '--targets',
  decide({ targets, isSeries }) {
    const [{ column, classes, isGuess }, ...others] = targets;
    if (others.length > 0) {
      const labels = targets.flatMap((target) => (target.isGuess ? [show(target.column.name)] : []));
      const [are, have] = labels.length === 1 ? ['target', 'is'] : ['targets', 'are'];
      const how = 'only 0 and 1 (--targets values reads all as numbers)';
      return labels.length === 0 ? [] : [`the ${are} ${listed(labels, 5)} ${have} read as classes: ${how}`];
    }
    if (isSeries || !isGuess) return [];
    const [kind, other] = classes === null ? ['values', 'classes'] : ['classes', 'values'];
    const how = `${column.reason} (--targets ${other} reads it as ${other})`;
    return [`the target ${show(column.name)} is read as ${kind}: ${how}`];
  },
};

/** Two decades between the 1st and the 99th percentile. */
const WIDE = 100;

/** Suggests the logarithm of a positive target that spans decades, such as a price. */
export const targetSpan: Sniffer = {
  flag: '--target-transform',
  decide: ({ targets, options }) =>
    targets.flatMap(({ column: { name, data } }) => {
      const isScaled = options.targetTransform !== 'log' && options.targets !== 'probabilities';
      if (data.kind !== 'numbers' || !isScaled) return [];
      const sortedValues = data.values.toSorted();
      const percentile = (fraction: number): number => sortedValues[Math.round(fraction * (sortedValues.length - 1))];
      const [low, high] = [percentile(0.01), percentile(0.99)];
      if (!(sortedValues[0] > 0) || high / low < WIDE) return [];
      const advice = '--target-transform log makes ratios count';
      const span = `from ${low} to ${high} in 98 % of the rows`;
      return [`the target ${show(name)} is ${span}: its large values decide the loss (${advice})`];
    }),
};
