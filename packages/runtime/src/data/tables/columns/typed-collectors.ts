import { CellError, type CellFormat } from '@gradloom/core';
import { cellReader, isGapMark, isNumberGap, noDay, readText, show } from '@gradloom/core/internal';
import type { GrowingNumbers } from '../../growing-numbers.ts';
import type { CellAt } from '../formats/table-reader.ts';
import { type ColumnCollector, createDictionary, inBrackets, nothingFound } from './column-collector.ts';
import { createFormatFinder, type FormatFinder } from './format-evidence.ts';

/** Collects a column whose cells are known to be numbers, booleans or dates. */
export function createNumberCollector(
  name: string,
  type: 'numeric' | 'boolean' | 'date',
  format: CellFormat | 'any' | undefined, // 'any': found from all cells; undefined: plain
  advice: string, // on cells that do not fit
  create: () => GrowingNumbers,
): ColumnCollector {
  const numbers = create();
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
          const invalidDay = type === 'date' ? noDay(cell) : '';
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
      take: () => numbers.take(),
    }),
  };
}

/** Most different texts of a column: as many as a map can hold. */
const MAX_TEXTS = 2 ** 24;

/** Collects texts. Only empty ones are gaps, which are refused unless their rows are left out. */
export function createTextCollector(name: string, dropsGaps: boolean, create: () => GrowingNumbers): ColumnCollector {
  const dictionary = createDictionary();
  const indices = create();
  let gaps = 0;
  return {
    add(cell) {
      const text = readText(cell);
      if (text === undefined) {
        if (typeof cell === 'object' && cell !== null) throw new CellError(name, `has ${show(cell)}`, 'a text');
        if (!dropsGaps) {
          const expected = 'a text of at least a character (--missing drop leaves such rows out)';
          throw new CellError(name, 'has no text', expected);
        }
        gaps++;
        indices.push(-1);
        return;
      }
      const known = dictionary.indices.get(text);
      if (known === undefined && dictionary.indices.size === MAX_TEXTS)
        throw new CellError(name, `has more than ${MAX_TEXTS} different texts`, 'fewer');
      indices.push(known ?? dictionary.add(text));
    },
    collected: () => ({
      ...nothingFound,
      kind: 'words',
      words: [...dictionary.indices.keys()],
      gaps,
      take: () => indices.take(),
    }),
  };
}
