import type { Cell } from '@gradloom/core';
import { MAX_NUMBER_LENGTH, numberInBrackets, readDate } from '@gradloom/core/internal';
import type { CellAt } from '../formats/table-reader.ts';
import {
  ANY_NUMBER,
  DECIMAL_POINT,
  dateFormatBit,
  type FormatSet,
  formatBits,
  formatsOfDate,
  formatsOfNumber,
  hasBothMarks,
  PLAIN_DATES,
  POINT_OR_THOUSANDS,
} from './format-set.ts';

const CURRENCY_CODES =
  'AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|Fr\\.|GBP|HUF|INR|JPY|KRW|kr|MXN|NOK|NZD|PLN|R\\$|RON|Rs\\.?|RUB|SEK|SFr\\.|TRY|US\\$|USD|ZAR';

/** A currency may stand before a number, and after it any short text that begins with a letter or a sign. */
const WITH_UNIT = new RegExp(
  `^([+\\-−]?)\\s*(?:(\\p{Sc}|${CURRENCY_CODES})\\s*)?([+\\-−]?)((?:\\d(?:[\\d.,'’ \\u00a0\\u2009\\u202f]*\\d)?(?:[.,][\\-−–—]{0,2})?|[.,]\\d+)(?:[eE][+-]?\\d+)?)\\s*([\\p{L}\\p{Sc}%‰°″′"µ][^,;:]{0,15})?$`,
  'u',
);

const NO_CENTS = /[-−–—]$/;

/** Maximum number of different units that are counted. */
const MAX_UNITS = 20;

/** A column of numbers has one unit, or by mistake a few, in nearly all cells. */
const FEW_UNITS = 5;
const NEARLY_ALL = 0.9;

const CURRENCY = new RegExp(`^(\\p{Sc}|${CURRENCY_CODES})$`, 'u');

/** Letters and digits in turn are part of an id, such as 7a9fe3 or 0x1f, not a unit such as m2. */
const OF_AN_ID = /^\p{L}+(?![23]$)\d/u;

/** The parts of a number, with or without a unit; null for other text. */
function numberParts(text: string) {
  const inner = numberInBrackets(text);
  const match = WITH_UNIT.exec(inner ?? text);
  if (match === null) return null;
  const [, firstSign, before, secondSign, digits, after] = match;
  return {
    digits,
    unit: before ?? after?.trim(),
    isEnclosed: inner !== undefined,
    sign: inner === undefined ? firstSign + secondSign : '-',
    // A second sign or a second unit belongs to other text.
    isNumber: (firstSign === '' || secondSign === '') && (before === undefined || after === undefined),
  };
}

/** A number without its unit. */
export function digitsOf(cell: Cell): Cell {
  const measure = typeof cell === 'string' ? numberParts(cell.trim()) : null;
  return measure === null ? cell : measure.sign + measure.digits;
}

/** The formats of dates and numbers that the cells of a column have. */
export interface FormatEvidence {
  /** The formats that read most cells. */
  readonly formats: FormatSet;
  /** Whether these formats read all cells. */
  readonly readsAll: boolean;
  /** Share of the cells that these formats read. */
  readonly readFraction: number;
  /** Whether these formats are of dates, not of numbers. */
  readonly isDate: boolean;
  /** The units of numbers; with 'none', if some numbers have % or ‰ and others no unit. */
  readonly units: readonly string[];
  /** Whether a number has a dash for no cents, or brackets for a sign, which plain numbers do not have. */
  readonly hasDashOrBrackets: boolean;
  /** The first cell that is one number with a decimal comma and another with a point, or two dates. */
  readonly ambiguous: CellAt | null;
}

/** Finds how numbers or dates of a column are written, from all of its cells. */
export interface FormatFinder {
  /** Adds a cell that is a plain number. */
  addNumber(cell: Cell, location: string): void;
  /** Adds another cell; returns whether it is a number or a date in some format. */
  add(cell: Cell, location: string): boolean;
  evidence(): FormatEvidence;
}

/** Creates the finder of a column; with `type` only formats of numbers, or of dates, count. */
export function createFormatFinder(type?: 'numeric' | 'date'): FormatFinder {
  const counts = new Map<FormatSet, number>(); // cells by the formats that read them
  const unitCounts = new Map<FormatSet, number>(); // numbers with a unit by the formats that read them
  let unmarkedCount = 0; // numbers without decimal and thousands marks: all formats read them alike
  let decimalPointCount = 0; // numbers whose point can only be a decimal mark
  const units = new Map<string, number>(); // cells by unit
  let unitlessCount = 0; // numbers without a unit
  let withUnitCount = 0; // numbers with a unit
  let cellCount = 0;
  let bracketedCount = 0; // numbers in brackets
  let hasDashOrBrackets = false;
  let ambiguousNumber: CellAt | null = null;
  let ambiguousDate: CellAt | null = null;

  return {
    addNumber(cell, location) {
      cellCount++;
      unitlessCount++;
      const point = typeof cell === 'string' ? cell.indexOf('.') : -1;
      if (point === -1) unmarkedCount++;
      else if (!mayBeThousands(cell as string, point)) decimalPointCount++;
      else {
        increase(counts, POINT_OR_THOUSANDS);
        ambiguousNumber ??= { cell, location };
      }
    },
    add(cell, location) {
      cellCount++;
      if (typeof cell !== 'string') return false;
      const text = cell.trim();
      const measure = type === 'date' || text.length > MAX_NUMBER_LENGTH ? null : numberParts(text);
      const numbers = measure?.isNumber ? formatsOfNumber(measure.digits) : 0;
      if (measure !== null && numbers !== 0) {
        const { digits, unit, isEnclosed } = measure;
        if (isEnclosed) bracketedCount++;
        if (isEnclosed || NO_CENTS.test(digits)) hasDashOrBrackets = true;
        if (unit === undefined) {
          unitlessCount++;
          increase(counts, numbers);
        } else {
          withUnitCount++;
          increase(unitCounts, numbers);
          if (units.size < MAX_UNITS || units.has(unit)) increase(units, unit);
        }
        if (hasBothMarks(numbers) && /[.,]/.test(digits)) ambiguousNumber ??= { cell, location };
        return true;
      }
      if (type === 'numeric') return false;
      const dates = formatsOfDate(text);
      const hasSeveralBits = (dates & (dates - 1)) !== 0;
      if (hasSeveralBits) ambiguousDate ??= { cell, location };
      const formats = dates | (readDate(text) === undefined ? 0 : PLAIN_DATES);
      increase(counts, formats);
      return formats !== 0;
    },
    evidence() {
      // A few cells with a unit among others without one are mistakes.
      const hasUnits = withUnitCount >= unitlessCount && (type !== undefined || areUnits(units, withUnitCount));
      const sets = [
        [ANY_NUMBER, unmarkedCount] as const,
        [DECIMAL_POINT, decimalPointCount] as const,
        ...counts,
        ...(hasUnits ? unitCounts : []),
      ];
      const cellsByBit = formatBits.map((bit) =>
        sets.reduce((sum, [set, count]) => ((set & bit) === 0 ? sum : sum + count), 0),
      );
      const maxCells = Math.max(...cellsByBit);
      // Numbers that are nearly all in brackets, such as those of notes, are not negative.
      const hasNoFormat = maxCells === 0 || 2 * bracketedCount > cellCount;
      const formats = hasNoFormat
        ? 0
        : formatBits.reduce((set, bit, n) => (cellsByBit[n] === maxCells ? set | bit : set), 0);
      const isDate = formats >= dateFormatBit(0); // the bits of dates are above those of numbers
      const mixesPercent = unitlessCount > 0 && [...units.keys()].some((unit) => unit === '%' || unit === '‰');
      return {
        formats,
        isDate,
        hasDashOrBrackets,
        readsAll: maxCells === cellCount,
        readFraction: maxCells / Math.max(1, cellCount),
        units: isDate || !hasUnits ? [] : [...units.keys(), ...(mixesPercent ? ['none'] : [])],
        ambiguous: isDate ? ambiguousDate : ambiguousNumber,
      };
    },
  };
}

const increase = <T>(counts: Map<T, number>, key: T): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Whether the texts after numbers are units: parts of ids, and letters of flats, are none. */
function areUnits(counts: ReadonlyMap<string, number>, cells: number): boolean {
  const unitCells = [...counts].flatMap(([unit, count]) =>
    OF_AN_ID.test(unit) ? [] : [CURRENCY.test(unit) ? cells : count],
  );
  const frequent = unitCells.toSorted((a, b) => b - a).slice(0, FEW_UNITS);
  return frequent.reduce((sum, count) => sum + count, 0) >= NEARLY_ALL * cells;
}

const THOUSAND = /^\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*$/;

/**
 * Whether the point of a number may stand between thousands. The length rules out most cells: the expression alone took
 * a tenth of the time of reading.
 */
const mayBeThousands = (text: string, point: number): boolean =>
  (text.length === point + 4 || !isDigit(text.charCodeAt(text.length - 1))) && THOUSAND.test(text);

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
