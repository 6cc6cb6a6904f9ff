import type { CellFormat } from '@gradloom/core';
import { counted, listed, readNumber, show } from '@gradloom/core/internal';
import type { TargetKind } from '../npy-dataset.ts';
import { answerClasses, classNamer, describeSpellings } from './answer-classes.ts';
import { type Collected, NO_ROWS } from './column-collector.ts';
import { asIn, ColumnError, shareOf } from './find-type.ts';
import { sortedNames } from './fit-preprocessing.ts';
import { describeFormat } from './format-finder.ts';
import type { TableColumn } from './table.ts';

/** Whole numbers are classes up to this many distinct ones, if each occurs twice on average. */
export const MOST_WHOLE_CLASSES = 20;

/** A target column and its class names; null if it holds values. */
export interface FoundTarget {
  readonly column: TableColumn;
  readonly classes: readonly string[] | null;
}

/** What is known about a target in advance. */
interface TargetSearch {
  readonly asked: TargetKind | undefined;
  readonly known: readonly string[] | undefined; // class names
  readonly leavesOut: boolean; // rows without a target are left out
  readonly isPlain: boolean; // numbers are always values, and must not be mixed with words
  readonly format: CellFormat | undefined; // how numbers are written
}

/**
 * Decides whether a target holds classes or values. Words are classes, those of yes and no in any spelling two, and so
 * are whole numbers with at most 20 distinct values that occur twice each on average.
 * @throws ColumnError for a target from which nothing can be learned.
 */
export function findTarget(
  name: string,
  collected: Collected,
  { asked, known, leavesOut, isPlain, format }: TargetSearch,
): FoundTarget {
  const { kind, words, odd, mark } = collected;
  // A table that leaves rows out has none of these.
  if (kind === 'numbers' && mark !== null) {
    throw new ColumnError(`has ${show(mark.cell)} in ${mark.place}, expected a number`);
  }
  if (
    (format !== undefined && 'order' in format) ||
    kind === 'dates' ||
    (words.length > 0 && collected.dates === words.length)
  ) {
    throw new ColumnError('has dates, expected classes or numbers (write them as numbers, such as days)');
  }
  const cells = collected.take();
  if (kind !== 'numbers') {
    const isMixed = isPlain ? words.some(isNumber) : isMostlyNumeric(words) && words.length > MOST_WHOLE_CLASSES;
    if (asked === undefined && known === undefined && odd !== null && isMixed) {
      const ways = [...(leavesOut ? [NO_ROWS] : []), '--targets classes reads all cells as names'].join(', ');
      const share = asIn(shareOf(words, cells, isNumber));
      throw new ColumnError(`has ${show(odd.cell)} in ${odd.place}, expected a number${share} (${ways})`);
    }
    if (asked === undefined && !isPlain && words.length > Math.max(MOST_WHOLE_CLASSES, cells.length / 2)) {
      const many = `${words.length} different names in ${counted(cells.length, 'row')}`;
      throw new ColumnError(`has ${many}, expected classes that repeat (--target names another column)`);
    }
    const indices = Int32Array.from(cells);
    const classes = known ?? answerClasses(words, indices) ?? sortedNames(words);
    const own = asked === undefined ? counted(words.length, 'different name') : 'as asked for';
    return classesOf(name, words, indices, own + describeSpellings(words, classes), classes);
  }
  const different = new Set<number>();
  for (const value of cells) if (different.size <= MOST_WHOLE_CLASSES || asked === 'classes') different.add(value);
  const areWhole = [...different].every((value) => Number.isSafeInteger(value));
  const isFew = different.size <= MOST_WHOLE_CLASSES;
  const isRepeated = 2 * different.size <= cells.length;
  const seems = !isPlain && areWhole && isFew && isRepeated ? 'classes' : 'values';
  if (known !== undefined || (asked ?? seems) === 'classes') {
    const places = new Map([...different].map((value, place) => [value, place]));
    const names = [...different].map(String);
    const reason = asked ? 'as asked for' : `${counted(names.length, 'different whole number')}, each repeated`;
    return classesOf(
      name,
      names,
      Int32Array.from(cells, (value) => places.get(value) ?? 0),
      reason,
      known ?? sortedNames(names),
    );
  }
  const why = !areWhole
    ? 'not all are whole numbers'
    : isFew
      ? `${different.size} whole numbers that hardly repeat`
      : `more than ${MOST_WHOLE_CLASSES} different numbers`;
  const column: TableColumn = {
    ...{ name, type: 'numeric', reason: asked === undefined ? why : 'as asked for', gaps: 0 },
    ...(format === undefined ? {} : { format, reason: describeFormat(format) }),
    data: { kind: 'numbers', values: cells },
  };
  return { column, classes: null };
}

const isNumber = (word: string): boolean => readNumber(word) !== undefined;

const isMostlyNumeric = (words: readonly string[]): boolean => words.filter(isNumber).length > words.length / 2;

function classesOf(
  name: string,
  words: readonly string[],
  indices: Int32Array, // [N] indices into `words`; overwritten
  reason: string,
  classes: readonly string[],
): FoundTarget {
  const nameOf = classNamer(classes);
  const indexOf = new Map(classes.map((word, index) => [word, index]));
  const unknown = words.find((word) => !indexOf.has(nameOf(word)));
  if (unknown !== undefined) {
    throw new ColumnError(`has ${show(unknown)}, expected one of ${listed(classes)}`);
  }
  const places = words.map((word) => indexOf.get(nameOf(word)) ?? 0);
  for (let n = 0; n < indices.length; n++) indices[n] = places[indices[n]];
  const data = { kind: 'words', words: classes, indices } as const;
  return { column: { name, type: 'categorical', reason, gaps: 0, data }, classes };
}
