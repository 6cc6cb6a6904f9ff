import { type Cell, CellError, type CellFormat } from '@gradloom/core';
import { cellReader, invalidDayHint, isGap, isGapMark, isNumberGap, readText, show } from '@gradloom/core/internal';
import { refuseBeyondRoom } from '../../../system/memory/memory-room.ts';
import type { CellAt } from '../formats/table-reader.ts';
import type { GrowingNumbers } from './column-store.ts';
import { createFormatFinder, type FormatEvidence, type FormatFinder } from './format-evidence.ts';

/** The content and figures of a column after all of its cells have been read. */
export interface CollectedColumn {
  /** 'text': more distinct words than are kept. */
  readonly kind: 'numbers' | 'dates' | 'words' | 'text';
  readonly words: readonly string[];
  readonly gaps: number;
  /** The sum of all numbers; null in other columns. */
  readonly sum: number | null;
  /** The first cell that is not a number in a column that has numbers. */
  readonly nonNumber: CellAt | null;
  /** The first whole number with zeros before it, such as a zip code. */
  readonly zeroPadded: CellAt | null;
  /** The first mark that is a gap among numbers and dates. */
  readonly gapMark: CellAt | null;
  /** Number of distinct words that are dates, and the first word that is not. */
  readonly dateWords: number;
  readonly nonDate: CellAt | null;
  /** How numbers and dates are written; null if that was known or does not matter. */
  readonly evidence: FormatEvidence | null;
  /**
   * Returns the cells [N] and releases their memory: numbers for 'numbers' and 'dates', with NaN for gaps; word indices
   * for 'words', with -1 for gaps.
   */
  drainCells(): Float64Array;
}

/** Collects the cells of a column, row by row. */
export interface ColumnCollector {
  /** @throws CellError for a cell that does not fit the requested type. */
  add(cell: Cell, location: string): void;
  collected(): CollectedColumn;
}

/** The figures of a collector that looks for none of them. */
export const nothingFound = {
  words: [],
  sum: null,
  nonNumber: null,
  zeroPadded: null,
  gapMark: null,
  dateWords: 0,
  nonDate: null,
  evidence: null,
} satisfies Partial<CollectedColumn>;

/** Advice in brackets after a sentence; '' if there is none. */
export const inBrackets = (advice: string): string => (advice === '' ? '' : ` (${advice})`);

/** The distinct words of a column, with an index each. Adding one throws RoomError if there is no memory for it. */
export function createDictionary() {
  const indices = new Map<string, number>();
  let characters = 0;
  return {
    indices,
    add(word: string): number {
      const index = indices.size;
      characters += word.length;
      // A character takes 2 bytes, an entry of the map about 100.
      if (index % 1024 === 0) refuseBeyondRoom(2 * characters + 100 * index);
      indices.set(word, index);
      return index;
    },
  };
}

/** Collects a column whose cells are known to be numbers, booleans or dates. */
export function createNumberCollector(
  name: string,
  type: 'numeric' | 'boolean' | 'date',
  format: CellFormat | 'any' | undefined, // 'any': found from all cells; undefined: plain
  advice: string, // on cells that do not fit
  createNumbers: () => GrowingNumbers,
): ColumnCollector {
  const numbers = createNumbers();
  const isAny = format === 'any' && type !== 'boolean';
  const finder: FormatFinder | undefined = isAny ? createFormatFinder(type) : undefined;
  const { read, expected } = cellReader(type, format === 'any' ? undefined : format);
  let gaps = 0;
  let sum = 0;
  let gapMark: CellAt | null = null;
  return {
    add(cell, location) {
      const value = read(cell) ?? (isNumberGap(cell) ? Number.NaN : undefined);
      if (value === undefined) {
        // The file is read again if another format fits.
        if (finder?.add(cell, location) !== true) {
          const invalidDay = type === 'date' ? invalidDayHint(cell) : '';
          throw new CellError(name, `has ${show(cell)}${invalidDay}`, expected + inBrackets(advice));
        }
      } else if (Number.isNaN(value)) {
        gaps++;
        if (isGapMark(cell)) gapMark ??= { cell, location };
      } else if (type === 'numeric') {
        sum += value;
        finder?.addNumber(cell, location);
      } else finder?.add(cell, location);
      numbers.push(value ?? Number.NaN);
    },
    collected: () => ({
      ...nothingFound,
      kind: 'numbers',
      gaps,
      sum: type === 'numeric' ? sum : null,
      gapMark,
      evidence: finder?.evidence() ?? null,
      drainCells: () => numbers.drain(),
    }),
  };
}

/** Maximum number of different texts of a column: as many as a map can hold. */
const MAX_TEXTS = 2 ** 24;

/** What a cell of a text or an image lacks, and has to have. */
const missing = {
  text: ['no text', 'a text of at least a character'],
  image: ['no path', 'the path of a PNG or JPEG image'],
} as const;

/** Collects texts, or paths of images. Only an empty text is a gap; gaps are refused unless the column takes them. */
export function createTextCollector(
  name: string,
  type: 'text' | 'image',
  takesGaps: boolean,
  createNumbers: () => GrowingNumbers,
): ColumnCollector {
  const dictionary = createDictionary();
  const indices = createNumbers();
  let gaps = 0;
  return {
    add(cell) {
      const text = type === 'image' && isGap(cell) ? undefined : readText(cell);
      if (text === undefined) {
        const [lack, expected] = missing[type];
        if (typeof cell === 'object' && cell !== null) throw new CellError(name, `has ${show(cell)}`, expected);
        if (!takesGaps) throw new CellError(name, `has ${lack}`, `${expected} (--missing drop leaves such rows out)`);
        gaps++;
        indices.push(-1);
        return;
      }
      const index = dictionary.indices.get(text);
      if (index === undefined && dictionary.indices.size === MAX_TEXTS)
        throw new CellError(name, `has more than ${MAX_TEXTS} different texts`, 'fewer');
      indices.push(index ?? dictionary.add(text));
    },
    collected: () => ({
      ...nothingFound,
      kind: 'words',
      words: [...dictionary.indices.keys()],
      gaps,
      drainCells: () => indices.drain(),
    }),
  };
}
