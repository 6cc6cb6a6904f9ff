import { type Cell, CellError } from '@gradloom/core';
import {
  GAP_MARKS,
  isGap,
  isGapMark,
  isNumberGap,
  readCategory,
  readDate,
  readNumber,
  show,
} from '@gradloom/core/internal';
import { leaveOut } from '../advice.ts';
import type { CellAt } from '../formats/table-reader.ts';
import { type CollectedColumn, type ColumnCollector, createDictionary, inBrackets } from './column-collector.ts';
import type { GrowingNumbers } from './column-store.ts';
import { createFormatFinder } from './format-evidence.ts';

/** Maximum number of distinct words kept of a column before it counts as text, unless all are dates. */
const MAX_WORDS = 1 << 16;

/** Maximum number of distinct class names: far more than any dataset has. */
const MAX_CLASSES = 1_000_000;

/** Longest category, in characters; longer ones make a column text. */
const MAX_CHARACTERS = 1000;

/** A column of categories, or one whose type follows from its cells. */
interface UntypedRequest {
  readonly name: string;
  readonly isCategorical: boolean;
  /** Whether its numbers and dates may be written in any format, found from all cells; else they are plain. */
  readonly findsFormat: boolean;
  /** Advice on cells that do not fit, for messages; empty if there is none. */
  readonly advice: string;
  /** All words are kept, as names of classes. */
  readonly keepsAllWords: boolean;
}

/**
 * Collects a column. Numbers stay numbers until the first other cell; then each distinct word is stored once. With more
 * words than are kept, a column has dates, if all words are dates, else text. `createNumbers` makes the arrays of
 * numbers and word indices.
 */
export function createUntypedCollector(
  { name, isCategorical, findsFormat, advice, keepsAllWords }: UntypedRequest,
  createNumbers: () => GrowingNumbers,
): ColumnCollector {
  const finder = findsFormat && !isCategorical ? createFormatFinder() : undefined;
  const maxWords = keepsAllWords ? MAX_CLASSES : MAX_WORDS;
  const { indices, add: addToDictionary } = createDictionary();
  let numbers = createNumbers();
  let kind: CollectedColumn['kind'] = isCategorical ? 'words' : 'numbers';
  let gaps = 0;
  let sum = 0; // of numbers, until there is a word
  let nonNumber: CellAt | null = null;
  let zeroPadded: CellAt | null = null;
  let gapMark: CellAt | null = null;
  // Gap marks among numbers, as indices into GAP_MARKS, and their rows: they are words if the column has words.
  let marks: number[] = [];
  let markRows: number[] = [];
  let dateWords = 0;
  let nonDate: CellAt | null = null;

  const misfitError = (misfit: CellAt | null, expected: string): CellError => {
    const location = misfit === null ? '' : ` at ${misfit.location}`;
    return new CellError(name, `has ${show(misfit?.cell)}${location}`, expected + inBrackets(advice));
  };

  /** The index of a word; -1 if no more words are kept. */
  function indexOf(word: string, location: string): number {
    const index = indices.get(word);
    if (index !== undefined) return index;
    const { size } = indices;
    if (word.length > MAX_CHARACTERS) {
      if (!isCategorical && !keepsAllWords) return -1;
      throw new CellError(name, `has ${word.length} characters`, `at most ${MAX_CHARACTERS} (${leaveOut(name)})`);
    }
    const isFull = size === maxWords;
    // After every MAX_WORDS words: if they are all numbers or dates in some format, no more are kept.
    if (isFull || (size > 0 && size % MAX_WORDS === 0 && finder?.evidence().readsAll === true)) {
      if (!keepsAllWords || !isFull) return -1;
      throw new CellError(name, `has more than ${maxWords} classes`, `fewer (at ${location})`);
    }
    if (readDate(word) !== undefined) dateWords++;
    else if (!isGapMark(word)) nonDate ??= { cell: word, location };
    return addToDictionary(word);
  }

  /** Converts the numbers so far to words. */
  function toWords(location: string): void {
    const values = numbers.drain();
    numbers = createNumbers();
    let nextMark = 0;
    for (let n = 0; n < values.length; n++) {
      const mark = markRows[nextMark] === n ? GAP_MARKS[marks[nextMark++]] : undefined;
      if (mark === undefined && Number.isNaN(values[n])) {
        numbers.push(-1);
        continue;
      }
      const index = indexOf(mark ?? String(values[n]), location);
      if (index === -1) throw misfitError(nonNumber, 'a number, as in the rows before');
      numbers.push(index);
    }
    gaps -= marks.length;
    [marks, markRows] = [[], []];
    kind = 'words';
  }

  /** Converts a column with more words than are kept: to dates if all words are dates, else to text without cells. */
  function convertWords(): void {
    const dates = [...indices.keys()].map((word) => (isGapMark(word) ? Number.NaN : readDate(word)));
    if (dates.length === 0 || !dates.every((date) => date !== undefined)) {
      kind = 'text';
      numbers = createNumbers();
      return;
    }
    const cells = numbers.drain();
    numbers = createNumbers();
    gaps = 0;
    for (const index of cells) {
      const date = index === -1 ? Number.NaN : dates[index];
      if (Number.isNaN(date)) gaps++;
      numbers.push(date);
    }
    indices.clear();
    kind = 'dates';
  }

  function addWord(cell: Cell, location: string): void {
    const word = readCategory(cell);
    if (finder !== undefined && readNumber(cell) === undefined && !isGapMark(cell) && !indices.has(word))
      finder.add(cell, location);
    const index = indexOf(word, location);
    if (index !== -1) {
      numbers.push(index);
      return;
    }
    convertWords();
    if (kind === 'dates') addDate(word, location);
  }

  function addDate(cell: Cell, location: string): void {
    const date = readDate(cell);
    if (date === undefined) throw misfitError({ cell, location }, 'a date, as in the rows before');
    numbers.push(date);
  }

  return {
    add(cell, location) {
      if (typeof cell === 'object' && cell !== null) {
        throw new CellError(name, `has ${show(cell)}`, 'text, a number, true or false');
      }
      if (kind === 'text') {
        if (!isNumberGap(cell)) finder?.add(cell, location);
        return;
      }
      const value = kind === 'dates' ? undefined : readNumber(cell);
      // A number is no gap, and most cells are numbers.
      const isMark = value === undefined && isGapMark(cell);
      if (isMark) gapMark ??= { cell, location };
      if (isMark && kind === 'numbers') {
        marks.push(GAP_MARKS.indexOf(cell.trim()));
        markRows.push(numbers.length);
      }
      if (value === undefined && (kind === 'words' ? isGap(cell) : isNumberGap(cell))) {
        gaps++;
        numbers.push(kind === 'words' ? -1 : Number.NaN);
        return;
      }
      if (kind === 'dates') return addDate(cell, location);
      if (value !== undefined) finder?.addNumber(cell, location);
      if (kind === 'numbers') {
        if (value !== undefined) {
          sum += value;
          if (zeroPadded === null && typeof cell === 'string' && ZERO_PADDED.test(cell))
            zeroPadded = { cell, location };
          return numbers.push(value);
        }
        // A cell that looks like a number but is not a finite double is a mistake, not a word.
        if (typeof cell === 'number' || isBeyondDoubles(cell))
          throw new CellError(name, `has ${show(cell)}`, 'a finite number');
        nonNumber = { cell, location };
        toWords(location);
      } else if (value === undefined && !isMark) nonNumber ??= { cell, location };
      addWord(cell, location);
    },
    collected: () => ({
      kind,
      words: [...indices.keys()],
      gaps,
      sum: kind === 'numbers' ? sum : null,
      nonNumber,
      zeroPadded,
      gapMark,
      dateWords,
      nonDate,
      evidence: finder?.evidence() ?? null,
      drainCells: () => numbers.drain(),
    }),
  };
}

/** Whether a cell is a number beyond the range of a double, such as 1e400, and no id in hexadecimal digits. */
const isBeyondDoubles = (cell: Cell): boolean =>
  typeof cell === 'string' &&
  /\d/.test(cell) &&
  Math.abs(Number(cell)) === Number.POSITIVE_INFINITY &&
  !HEXADECIMAL.test(cell);

/** A number of three digits or more after zeros; one of two digits may be a month. */
const ZERO_PADDED = /^0\d\d+$/;

/** Digits around an e, at least the seven characters of a short commit id: an id in hexadecimal digits. */
const HEXADECIMAL = /^\s*(?=\w{7})\d+e\d+\s*$/;
