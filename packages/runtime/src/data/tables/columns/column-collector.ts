import type { Cell } from '@gradloom/core';
import { refuseBeyondRoom } from '../../../system/memory/memory-room.ts';
import type { CellAt } from '../formats/table-reader.ts';
import type { FormatEvidence } from './format-evidence.ts';

/** What is known of a column when all of its cells have been read. */
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
   * Takes the cells [N]: numbers for 'numbers' and 'dates', with NaN for gaps; word indices for 'words', with -1 for
   * gaps.
   */
  take(): Float64Array;
}

/** Collects the cells of a column, row by row. */
export interface ColumnCollector {
  /** @throws CellError for a cell that does not fit the requested type. */
  add(cell: Cell, location: string): void;
  collected(): CollectedColumn;
}

/** What collectors do not look for. */
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
      if (index % 1024 === 0) refuseBeyondRoom(2 * characters + 100 * index);
      indices.set(word, index);
      return index;
    },
  };
}
