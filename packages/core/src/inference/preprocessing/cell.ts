import { show } from '../../checks/show.ts';
import type { ColumnType } from './preprocessing.ts';

/** A value of a table. Empty text, 'NA', '?' and the like, null, undefined and NaN are gaps. */
export type Cell = string | number | boolean | null | undefined;

/** The error of a cell that its column cannot take. */
export class CellError extends Error {
  /** 'CellError'. */
  override readonly name = 'CellError';
  /** Name of the column. */
  readonly column: string;
  /** 'has "x", expected a number'. */
  readonly problem: string;

  constructor(column: string, problem: string) {
    super(`column ${show(column)} ${problem}`);
    this.column = column;
    this.problem = problem;
  }
}

/** Words that stand for a missing value, besides empty text. */
export const GAP_WORDS = ['NA', 'N/A', 'n/a', 'NaN', 'nan', 'null', 'NULL', '?'] as const;

const gaps: ReadonlySet<unknown> = new Set<unknown>(['', null, undefined, ...GAP_WORDS]);

/** Whether the cell is a gap. */
export const isGap = (cell: Cell): boolean =>
  gaps.has(typeof cell === 'string' ? cell.trim() : cell) || Number.isNaN(cell);

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The finite number in a cell, given as a number or in decimal notation; undefined for anything else. */
export function readNumber(cell: Cell): number | undefined {
  if (typeof cell === 'string') {
    const text = cell.trim();
    return DECIMAL.test(text) ? finite(Number(text)) : undefined;
  }
  return typeof cell === 'number' ? finite(cell) : undefined;
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

const truths = new Map<string, number>([
  ...['true', 'yes', 't', 'y', '1'].map((word): [string, number] => [word, 1]),
  ...['false', 'no', 'f', 'n', '0'].map((word): [string, number] => [word, 0]),
]);

/** 1 for true, yes, t, y or 1, and 0 for false, no, f, n or 0, in any case; undefined for anything else. */
export const readBoolean = (cell: Cell): number | undefined => truths.get(String(cell).trim().toLowerCase());

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/i;

/**
 * The day of a date as readDate gives it, in ISO 8601; years have the Gregorian calendar before 1582, too.
 * [Hinnant 2013, civil_from_days](https://howardhinnant.github.io/date_algorithms.html)
 */
export function dayText(days: number): string {
  const fromMarch = Math.floor(days) + 719_468; // days since 0000-03-01
  const era = Math.floor(fromMarch / 146_097);
  const dayOfEra = fromMarch - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fifth = Math.floor((5 * dayOfYear + 2) / 153); // month from March
  const day = dayOfYear - Math.floor((153 * fifth + 2) / 5) + 1;
  const month = fifth < 10 ? fifth + 3 : fifth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const digits = (number: number, length: number): string => String(number).padStart(length, '0');
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/**
 * A date or date-time in ISO 8601 as days since 1970-01-01; a time without an offset is in UTC. Undefined for anything
 * else, such as 31/12/2020 or 30 February.
 */
export function readDate(cell: Cell): number | undefined {
  if (typeof cell !== 'string') return undefined;
  const match = DATE.exec(cell.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((part) => Number(match[part] ?? 0));
  const fraction = Number(`0.${match[7] ?? 0}`);
  const offsetMinute = Number(match[10] ?? 0);
  const offset = (match[8] === '-' ? -1 : 1) * (60 * Number(match[9] ?? 0) + offsetMinute);
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (offsetMinute > 59 || Math.abs(offset) > 14 * 60) return undefined;
  const seconds = 3600 * hour + 60 * (minute - offset) + second + fraction;
  return daysSinceEpoch(year, month, day) + seconds / 86_400;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

const daysOf = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** Days from 1970-01-01 in the Gregorian calendar. Years here begin in March, so a leap day is the last of its year. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * y + leaps + ofYear - 719_468;
}

/** Readers of cells by column type, with the text that errors expect. */
export const cellReaders: Readonly<
  Record<Exclude<ColumnType, 'categorical' | 'text'>, { read: (cell: Cell) => number | undefined; wanted: string }>
> = {
  numeric: { read: readNumber, wanted: 'a number' },
  date: { read: readDate, wanted: 'a date such as 2024-12-31 or 2024-12-31T23:59:00Z (ISO 8601)' },
  boolean: { read: readBoolean, wanted: 'true or false (also yes, no, t, f, y, n, 1, 0)' },
};

/** The text in a cell without spaces at its ends; undefined for empty text, null, NaN and anything else. */
export function readText(cell: Cell): string | undefined {
  if (cell === null || cell === undefined || typeof cell === 'object' || Number.isNaN(cell)) return undefined;
  return String(cell).trim() || undefined;
}

/** The category in a cell: its text, trimmed. Texts of one number are one category: 1, 1.0 and '01'. */
export function readCategory(cell: Cell): string {
  const value = readNumber(cell);
  return value === undefined ? String(cell).trim() : String(value);
}
