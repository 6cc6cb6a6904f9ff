import { type Cell, CellError, type CellFormat, type ColumnType } from '@gradloom/core';
import {
  cellReader,
  GAP_MARKS,
  isGap,
  isGapMark,
  isNumberGap,
  noDay,
  readCategory,
  readDate,
  readNumber,
  readText,
  show,
} from '@gradloom/core/internal';
import { refuseBeyondRoom } from '../../system/memory/memory-room.ts';
import { createGrowingNumbers, type GrowingNumbers } from '../growing-numbers.ts';
import { createFormatFinder, type FormatEvidence, type FormatFinder, type Found } from './format-finder.ts';

/** Most distinct words kept of a column before it counts as text, unless all are dates. */
const MOST_WORDS = 1 << 16;

/** Most distinct class names: far more than any dataset has. */
const MOST_CLASSES = 1_000_000;

/** Longest category, in characters; longer ones make a column text. */
const MOST_CHARACTERS = 1000;

/** The cells of a column read so far. */
export interface Collected {
  /** 'text': more distinct words than are kept. */
  readonly kind: 'numbers' | 'dates' | 'words' | 'text';
  readonly words: readonly string[];
  readonly gaps: number;
  /** The sum of all numbers; null in other columns. */
  readonly sum: number | null;
  /** The first cell that is not a number in a column that has numbers. */
  readonly odd: Found | null;
  /** The first whole number with zeros before it, as codes of places have. */
  readonly padded: Found | null;
  /** The first mark that is a gap among numbers and dates. */
  readonly mark: Found | null;
  /** Number of distinct words that are dates, and the first word that is not. */
  readonly dates: number;
  readonly undated: Found | null;
  /** How numbers and dates are written; null if that was known or does not matter. */
  readonly evidence: FormatEvidence | null;
  /**
   * Takes the cells [N]: numbers for 'numbers' and 'dates', with NaN for gaps; word indices for 'words', with -1 for
   * gaps.
   */
  take(): Float64Array;
}

export interface ColumnCollector {
  /** @throws CellError for a cell that does not fit the wanted type. */
  add(cell: Cell, place: string): void;
  collected(): Collected;
}

/** A column to collect. */
export interface ColumnRequest {
  readonly name: string;
  /** The type of its cells; undefined: found when all cells are there. */
  readonly type: ColumnType | undefined;
  /** How numbers and dates are written; 'any': found from all cells. @default plain */
  readonly format?: CellFormat | 'any' | undefined;
  /** Advice on cells that do not fit, for messages; empty if there is none. */
  readonly ways: string;
  /** All words are kept, as names of classes. @default false */
  readonly keepsAll?: boolean;
}

/**
 * Collects a column. Numbers stay numbers until the first other cell; each distinct word is stored once. `create` makes
 * the storage of numbers and word indices.
 */
export function createCollector(
  { name, type: wanted, format, ways, keepsAll = false }: ColumnRequest,
  create: () => GrowingNumbers = createGrowingNumbers,
): ColumnCollector {
  if (wanted !== undefined && wanted !== 'categorical' && wanted !== 'text') {
    return createNumberCollector(name, wanted, format, ways, create);
  }
  const finder = wanted === undefined && format === 'any' ? createFormatFinder() : undefined;
  const most = keepsAll ? MOST_CLASSES : MOST_WORDS;
  let numbers = create();
  let kind: Collected['kind'] = wanted === 'categorical' ? 'words' : 'numbers';
  const places = new Map<string, number>();
  let characters = 0;
  let gaps = 0;
  let sum = 0; // of numbers, until there is a word
  let odd: Found | null = null;
  let padded: Found | null = null;
  let mark: Found | null = null;
  let marks: number[] = []; // those among numbers, which are words if the column is none of numbers
  let dates = 0;
  let undated: Found | null = null;

  /** The index of a word; -1 if no more words are kept. */
  function placeOf(word: string, place: string): number {
    const known = places.get(word);
    if (known !== undefined) return known;
    if (word.length > MOST_CHARACTERS) {
      if (wanted === undefined && !keepsAll) return -1;
      throw new CellError(
        name,
        `has ${word.length} characters, expected at most ${MOST_CHARACTERS} (${leaveOut(name)})`,
      );
    }
    const isFull = places.size === most;
    if (isFull || (places.size > 0 && places.size % MOST_WORDS === 0 && finder?.evidence().readsAll === true)) {
      if (!keepsAll || !isFull) return -1;
      throw new CellError(name, `has more than ${most} classes, expected fewer (at ${place})`);
    }
    if (readDate(word) !== undefined) dates++;
    else if (!isGapMark(word)) undated ??= { cell: word, place };
    characters += word.length;
    if (places.size % 1024 === 0) refuseBeyondRoom(2 * characters + 100 * places.size);
    places.set(word, places.size);
    return places.size - 1;
  }

  /** Converts the numbers so far to words. */
  function toWords(place: string): void {
    const values = numbers.take();
    numbers = create();
    let next = 0; // of the marks
    for (let n = 0; n < values.length; n++) {
      const own =
        Math.floor(marks[next] / GAP_MARKS.length) === n ? GAP_MARKS[marks[next++] % GAP_MARKS.length] : undefined;
      const word = own ?? (Number.isNaN(values[n]) ? undefined : String(values[n]));
      const at = word === undefined ? -1 : placeOf(word, place);
      if (at === -1 && word !== undefined) throw oddCell(odd, 'a number, as in the rows before');
      numbers.push(at);
    }
    gaps -= marks.length;
    marks = [];
    kind = 'words';
  }

  /** Handles more words than are kept: either all are dates, or the column is text. */
  function outgrow(): void {
    const values = [...places.keys()].map((word) => (isGapMark(word) ? Number.NaN : readDate(word)));
    if (values.length === 0 || !values.every((value) => value !== undefined)) {
      kind = 'text';
      numbers = create();
      return;
    }
    const indices = numbers.take();
    numbers = create();
    gaps = 0;
    for (const at of indices) {
      const value = at === -1 ? Number.NaN : values[at];
      if (Number.isNaN(value)) gaps++;
      numbers.push(value);
    }
    places.clear();
    kind = 'dates';
  }

  function addWord(cell: Cell, place: string): void {
    const word = readCategory(cell);
    if (finder !== undefined && readNumber(cell) === undefined && !isGapMark(cell) && !places.has(word))
      finder.add(cell, place);
    const at = placeOf(word, place);
    if (at !== -1) {
      numbers.push(at);
      return;
    }
    outgrow();
    if (kind === 'dates') addDate(word, place);
  }

  function addDate(cell: Cell, place: string): void {
    const value = readDate(cell);
    if (value === undefined) throw oddCell({ cell, place }, 'a date, as in the rows before');
    numbers.push(value);
  }

  const oddCell = (odd: Found | null, wanted: string): CellError => {
    const place = odd === null ? '' : ` at ${odd.place}`;
    return new CellError(name, `has ${show(odd?.cell)}${place}, expected ${wanted}${ways === '' ? '' : ` (${ways})`}`);
  };

  return {
    add(cell, place) {
      if (typeof cell === 'object' && cell !== null) {
        throw new CellError(name, `has ${show(cell)}, expected text, a number, true or false`);
      }
      if (kind === 'text') {
        if (!isNumberGap(cell)) finder?.add(cell, place);
        return;
      }
      const value = kind === 'dates' ? undefined : readNumber(cell);
      // A number is no gap, and most cells are numbers.
      const isMark = value === undefined && isGapMark(cell);
      if (isMark) mark ??= { cell, place };
      if (isMark && kind === 'numbers') marks.push(GAP_MARKS.length * numbers.length + GAP_MARKS.indexOf(cell.trim()));
      if (value === undefined && (kind === 'words' ? isGap(cell) : isNumberGap(cell))) {
        gaps++;
        numbers.push(kind === 'words' ? -1 : Number.NaN);
        return;
      }
      if (kind === 'dates') return addDate(cell, place);
      if (value !== undefined) finder?.addNumber(cell, place);
      if (kind === 'numbers') {
        if (value !== undefined) {
          sum += value;
          if (padded === null && typeof cell === 'string' && PADDED.test(cell)) padded = { cell, place };
          return numbers.push(value);
        }
        // A cell that looks like a number but is not a finite double is a mistake, not a word.
        if (typeof cell === 'number' || isBeyondDoubles(cell))
          throw new CellError(name, `has ${show(cell)}, expected a finite number`);
        odd = { cell, place };
        toWords(place);
      } else if (value === undefined && !isMark) odd ??= { cell, place };
      addWord(cell, place);
    },
    collected: () => ({
      ...{ kind, words: [...places.keys()], gaps, odd, padded, mark, dates, undated },
      sum: kind === 'numbers' ? sum : null,
      evidence: finder?.evidence() ?? null,
      take: () => numbers.take(),
    }),
  };
}

/** Most different texts of a column: those that a map can hold. */
const MOST_TEXTS = 2 ** 24;

/** Collects texts. Only empty ones are gaps, which are refused unless their rows are left out. */
export function createTextCollector(
  name: string,
  dropsGaps: boolean,
  create: () => GrowingNumbers = createGrowingNumbers,
): ColumnCollector {
  const places = new Map<string, number>();
  const indices = create();
  let characters = 0;
  let gaps = 0;
  return {
    add(cell) {
      const text = readText(cell);
      if (text === undefined) {
        if (typeof cell === 'object' && cell !== null) throw new CellError(name, `has ${show(cell)}, expected a text`);
        if (!dropsGaps) {
          const wanted = 'a text of at least a character (--missing drop leaves such rows out)';
          throw new CellError(name, `has no text, expected ${wanted}`);
        }
        gaps++;
        indices.push(-1);
        return;
      }
      let at = places.get(text);
      if (at === undefined) {
        at = places.size;
        if (at === MOST_TEXTS) throw new CellError(name, `has more than ${MOST_TEXTS} different texts, expected fewer`);
        characters += text.length;
        if (at % 1024 === 0) refuseBeyondRoom(2 * characters + 100 * at);
        places.set(text, at);
      }
      indices.push(at);
    },
    collected: () => ({
      ...{
        kind: 'words',
        words: [...places.keys()],
        gaps,
        sum: null,
        odd: null,
        padded: null,
        mark: null,
        dates: 0,
        undated: null,
        evidence: null,
      },
      take: () => indices.take(),
    }),
  };
}

/** Whether a cell is a number beyond the range of a double, such as 1e400, and no id in hexadecimal digits. */
const isBeyondDoubles = (cell: Cell): boolean =>
  typeof cell === 'string' &&
  /\d/.test(cell) &&
  Math.abs(Number(cell)) === Number.POSITIVE_INFINITY &&
  !HEXADECIMAL.test(cell);

/** Two digits may be a month. */
const PADDED = /^0\d\d+$/;

/** Digits around an e, as many as in the shortest ids of commits. */
const HEXADECIMAL = /^\s*(?=\w{7})\d+e\d+\s*$/;

/** Advice for error messages that names the command-line flag. */
export const leaveOut = (name: string): string => `--drop ${flagWord(name)} leaves the column out`;

/** Advice on cells that no column of numbers or dates can have. */
export const GAPS = 'empty these cells to make them gaps';

/** Advice on cells that no target can have: a row without a target is left out. */
export const NO_ROWS = 'empty these cells to leave their rows out';

/** Quotes a name for a shell if necessary. */
export const flagWord = (name: string): string =>
  /^[\w@%+=:./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;

function createNumberCollector(
  name: string,
  type: Exclude<ColumnType, 'categorical' | 'text'>,
  format: CellFormat | 'any' | undefined,
  ways: string,
  create: () => GrowingNumbers,
): ColumnCollector {
  const numbers = create();
  const isAny = format === 'any' && type !== 'boolean';
  const finder: FormatFinder | undefined = isAny ? createFormatFinder(type) : undefined;
  const { read, wanted } = cellReader(type, format === 'any' ? undefined : format);
  const advice = ways === '' ? '' : ` (${ways})`;
  let gaps = 0;
  let sum = 0;
  let mark: Found | null = null;
  return {
    add(cell, place) {
      const value = read(cell) ?? (isNumberGap(cell) ? Number.NaN : undefined);
      if (value === undefined) {
        // The file is read again if another format fits.
        if (finder?.add(cell, place) !== true) {
          const what = type === 'date' ? noDay(cell) : '';
          throw new CellError(name, `has ${show(cell)}${what}, expected ${wanted}${advice}`);
        }
      } else if (Number.isNaN(value)) {
        gaps++;
        if (isGapMark(cell)) mark ??= { cell, place };
      } else if (type === 'numeric') {
        sum += value;
        finder?.addNumber(cell, place);
      } else finder?.add(cell, place);
      numbers.push(value ?? Number.NaN);
    },
    collected: () => ({
      sum: type === 'numeric' ? sum : null,
      ...{ kind: 'numbers', words: [], gaps, odd: null, padded: null, mark, dates: 0, undated: null },
      evidence: finder?.evidence() ?? null,
      take: () => numbers.take(),
    }),
  };
}
