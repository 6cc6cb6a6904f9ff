import { type Cell, CellError, type ColumnType } from '@gradloom/core';
import { cellReaders, isGap, readCategory, readDate, readNumber, show } from '@gradloom/core/internal';
import { refuseBeyondRoom } from '../../system/memory/memory-room.ts';
import { createGrowingNumbers, type GrowingNumbers } from '../growing-numbers.ts';

/** Different words of a column before it is decided whether all are dates, or it is text. */
const MOST_WORDS = 1 << 16;

/** Different names of classes: far more than any set has. */
const MOST_CLASSES = 1_000_000;

/** Most characters of a category: a longer one is text. */
const MOST_CHARACTERS = 1000;

/** A cell and where it is. */
export interface Found {
  readonly place: string;
  readonly cell: Cell;
}

/** The cells of a column that were read so far. */
export interface Collected {
  /** 'text' stands for more different words than are kept. */
  readonly kind: 'numbers' | 'dates' | 'words' | 'text';
  readonly words: readonly string[];
  readonly gaps: number;
  /** The first cell that is no number in a column with others that are. */
  readonly odd: Found | null;
  /** Number of different words that are dates, and the first that is none. */
  readonly dates: number;
  readonly undated: Found | null;
  /** Takes the numbers [N] of 'numbers' and 'dates', NaN for a gap, or the places of 'words', -1 for one. */
  take(): Float64Array;
}

export interface ColumnCollector {
  /** @throws CellError for a cell that the wanted type cannot take. */
  add(cell: Cell, place: string): void;
  collected(): Collected;
}

/**
 * Collects a column whose type is `wanted`, or is found once all cells are there. Numbers stay numbers until another
 * cell comes; words are kept once each. `keepsAll` is for the names of classes. `create` makes what the numbers, or the
 * places of words, wait in.
 */
export function createCollector(
  name: string,
  wanted: ColumnType | undefined,
  keepsAll: boolean,
  create: () => GrowingNumbers = createGrowingNumbers,
): ColumnCollector {
  if (wanted !== undefined && wanted !== 'categorical') return createNumberCollector(name, wanted, create);
  const most = keepsAll ? MOST_CLASSES : MOST_WORDS;
  let numbers = create();
  let kind: Collected['kind'] = wanted === 'categorical' ? 'words' : 'numbers';
  const places = new Map<string, number>();
  let characters = 0;
  let gaps = 0;
  let odd: Found | null = null;
  let dates = 0;
  let undated: Found | null = null;

  /** The place of a word; -1 beyond the most that are kept. */
  function placeOf(word: string, place: string): number {
    const known = places.get(word);
    if (known !== undefined) return known;
    if (word.length > MOST_CHARACTERS) {
      throw new CellError(
        name,
        `has ${word.length} characters, expected at most ${MOST_CHARACTERS} (${leaveOut(name)})`,
      );
    }
    if (places.size === most) {
      if (!keepsAll) return -1;
      throw new CellError(name, `has more than ${most} classes, expected fewer (at ${place})`);
    }
    if (readDate(word) === undefined) undated ??= { cell: word, place };
    else dates++;
    characters += word.length;
    if (places.size % 1024 === 0) refuseBeyondRoom(2 * characters + 100 * places.size);
    places.set(word, places.size);
    return places.size - 1;
  }

  /** The numbers so far as words. */
  function toWords(place: string): void {
    const values = numbers.take();
    numbers = create();
    for (const value of values) {
      const at = Number.isNaN(value) ? -1 : placeOf(String(value), place);
      if (at === -1 && !Number.isNaN(value)) throw oddCell(name, odd, 'a number, as in the rows before');
      numbers.push(at);
    }
    kind = 'words';
  }

  /** More words than are kept: all of them are dates, or the column is text. */
  function outgrow(): void {
    const values = [...places.keys()].map(readDate);
    if (!values.every((value) => value !== undefined)) {
      kind = 'text';
      numbers = create();
      return;
    }
    const indices = numbers.take();
    numbers = create();
    for (const at of indices) numbers.push(at === -1 ? Number.NaN : values[at]);
    places.clear();
    kind = 'dates';
  }

  function addWord(word: string, place: string): void {
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
    if (value === undefined) throw oddCell(name, { cell, place }, 'a date, as in the rows before');
    numbers.push(value);
  }

  return {
    add(cell, place) {
      if (typeof cell === 'object' && cell !== null) {
        throw new CellError(name, `has ${show(cell)}, expected text, a number, true or false`);
      }
      if (kind === 'text') return;
      if (isGap(cell)) {
        gaps++;
        numbers.push(kind === 'words' ? -1 : Number.NaN);
        return;
      }
      if (kind === 'dates') return addDate(cell, place);
      const value = readNumber(cell);
      if (kind === 'numbers') {
        if (value !== undefined) return numbers.push(value);
        // What looks like a number but has no double is a mistake, and no word.
        if (typeof cell === 'number' || looksNumeric(cell))
          throw new CellError(name, `has ${show(cell)}, expected a finite number`);
        odd = { cell, place };
        toWords(place);
      } else if (value === undefined) odd ??= { cell, place };
      addWord(readCategory(cell), place);
    },
    collected: () => ({ kind, words: [...places.keys()], gaps, odd, dates, undated, take: () => numbers.take() }),
  };
}

/** 1e400 and its like: digits that are beyond a double. */
const looksNumeric = (cell: Cell): boolean =>
  typeof cell === 'string' && /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(cell.trim()) && !Number.isFinite(Number(cell));

function oddCell(name: string, odd: Found | null, wanted: string): CellError {
  const place = odd === null ? '' : ` at ${odd.place}`;
  return new CellError(name, `has ${show(odd?.cell)}${place}, expected ${wanted} (${leaveOut(name)})`);
}

/** Advice that names the flag of the command line. */
export const leaveOut = (name: string): string => `--drop ${flagWord(name)} leaves the column out`;

/** A name as a shell takes it. */
export const flagWord = (name: string): string =>
  /^[\w@%+=:./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;

function createNumberCollector(
  name: string,
  wanted: Exclude<ColumnType, 'categorical'>,
  create: () => GrowingNumbers,
): ColumnCollector {
  const numbers = create();
  const { read, wanted: expected } = cellReaders[wanted];
  let gaps = 0;
  return {
    add(cell) {
      const value = isGap(cell) ? Number.NaN : read(cell);
      if (value === undefined) throw new CellError(name, `has ${show(cell)}, expected ${expected}`);
      if (Number.isNaN(value)) gaps++;
      numbers.push(value);
    },
    collected: () => ({
      kind: 'numbers',
      words: [],
      gaps,
      odd: null,
      dates: 0,
      undated: null,
      take: () => numbers.take(),
    }),
  };
}
