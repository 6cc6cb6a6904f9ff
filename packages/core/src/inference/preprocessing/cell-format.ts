import { type Cell, MAX_NUMBER_LENGTH, readBoolean, readNumber } from './cell.ts';

/** How the cells of a column are written, where they are no plain decimal numbers or dates of ISO 8601. */
export type CellFormat = NumberFormat | DateFormat;

/** Marks between the thousands of a number; a space may be narrow or not break. */
export type ThousandsMark = 'comma' | 'point' | 'space' | 'apostrophe';

/** How numbers are written. */
export interface NumberFormat {
  /** The mark before the fraction. */
  readonly decimal: 'point' | 'comma';
  /** The mark between thousands. @default none */
  readonly thousands?: ThousandsMark;
  /** A currency, a percent sign or a unit before or after the number, such as €, % or kg. @default none */
  readonly unit?: string;
}

/** How dates are written: the day first, the month first, or a time of day alone. */
export interface DateFormat {
  /** Order of day, month and year. */
  readonly order: DateOrder;
}

/** Whether cells are dates in a format of their own. */
export const isDateFormat = (format: CellFormat | 'any' | undefined): format is DateFormat =>
  typeof format === 'object' && 'order' in format;

/** Order of the parts of a date; 'time' is a time of day alone. */
export type DateOrder = 'dmy' | 'mdy' | 'time';

/** Thousands marks that go with a decimal mark. */
export const THOUSANDS: Readonly<Record<NumberFormat['decimal'], readonly ThousandsMark[]>> = {
  point: ['comma', 'space', 'apostrophe'],
  comma: ['point', 'space', 'apostrophe'],
};

const marks: Readonly<Record<ThousandsMark, string>> = {
  comma: ',',
  point: '\\.',
  space: '[ \\u00a0\\u2009\\u202f]',
  apostrophe: "['’]",
};

const SIGN = '[+\\-−]?';

/** A dash for no cents, as in 827,- € */
const NO_CENTS = '[\\-−–—]{1,2}';

/** The number within brackets, which make it negative, as in ($12.00) of accounts; undefined for anything else. */
export function numberInBrackets(text: string): string | undefined {
  if (!text.startsWith('(') || !text.endsWith(')')) return undefined;
  const inner = text.slice(1, -1);
  const lastDigit = inner.search(/\d\D*$/);
  const isUnsigned = /^[^()+\-−]*$/.test(inner.slice(0, lastDigit)) && WITHOUT_SIGN.test(inner.slice(lastDigit));
  return lastDigit !== -1 && isUnsigned ? inner.trim() : undefined;
}

/** The last digit of a number and what follows: no sign, except dashes for no cents. */
const WITHOUT_SIGN = /^[^()+\-−]*(?:[.,][-−–—]|$)/;

/**
 * Reads numbers of a format: at most one sign, or brackets for a negative number, a dash in place of the fraction,
 * thousands in groups of three, and the unit before or after. A number may lack its unit, except for a percent sign.
 * Undefined for anything else.
 */
export function numberReader({ decimal, thousands, unit }: NumberFormat): (cell: Cell) => number | undefined {
  const point = marks[decimal];
  const mark = thousands && marks[thousands];
  const wholePattern = mark === undefined ? '\\d+' : `(?:\\d+|[1-9]\\d{0,2}(?:${mark}\\d{3})+)`;
  const digits = `(?:${wholePattern}(?:${point}(?:\\d*|${NO_CENTS}))?|${point}\\d+)(?:[eE][+-]?\\d+)?`;
  const escapedUnit = unit?.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const forms =
    escapedUnit === undefined
      ? [`(${SIGN})(${digits})`]
      : [
          `(${SIGN})(${digits})\\s*${escapedUnit}`,
          `(${SIGN})\\s*${escapedUnit}\\s*(${digits})`,
          `${escapedUnit}\\s*(${SIGN})(${digits})`,
          ...(isPercent(unit) ? [] : [`(${SIGN})(${digits})`]),
        ];
  const patterns = forms.map((form) => new RegExp(`^${form}$`, 'u'));
  const thousandsMark = mark === undefined ? undefined : new RegExp(mark, 'gu');
  return (cell) => {
    if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
    if (typeof cell !== 'string') return undefined;
    const trimmed = cell.trim();
    if (trimmed.length > MAX_NUMBER_LENGTH) return undefined;
    const bracketedNumber = numberInBrackets(trimmed);
    const text = bracketedNumber ?? trimmed;
    for (const pattern of patterns) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const groupedDigits = match[2].replace(DASH_FOR_CENTS, '');
      const digits = thousandsMark === undefined ? groupedDigits : groupedDigits.replace(thousandsMark, '');
      const size = Number(decimal === 'comma' ? digits.replace(',', '.') : digits);
      if (!Number.isFinite(size)) return undefined;
      return bracketedNumber !== undefined || match[1] === '-' || match[1] === '−' ? -size : size;
    }
    return undefined;
  };
}

const DASH_FOR_CENTS = new RegExp(`${NO_CENTS}$`, 'u');

/** Whether a number without its unit has another value: 0.5 is not 0.5 %. */
const isPercent = (unit: string | undefined): boolean => unit === '%' || unit === '‰';

const TIME = '(\\d{1,2}):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d{1,9}))?)?(?:[ \\u00a0\\u202f]?([AaPp])\\.?[Mm]\\.?)?';
const OFFSET = '(?:[Zz]|([+-])(\\d\\d):?(\\d\\d))?';
const AFTER_DATE = `(?:(?:[Tt]|,? )${TIME}${OFFSET})?`;

const YEAR_FIRST = new RegExp(`^(\\d{4})(?:-(\\d\\d)-(\\d\\d)|([/.])(\\d{1,2})\\4(\\d{1,2}))${AFTER_DATE}$`);
const DAY_OR_MONTH_FIRST = new RegExp(`^(\\d{1,2})([./-])(\\d{1,2})\\2(\\d{4}|\\d\\d)${AFTER_DATE}$`);
const TIME_ALONE = new RegExp(`^${TIME}$`);

/**
 * A date or date-time whose year comes first, such as 2024-12-31 or 2024/12/31 11:59 PM, as days since 1970-01-01; a
 * time without an offset is in UTC. Undefined for anything else, such as 31/12/2020 or 30 February.
 */
export function readDate(cell: Cell): number | undefined {
  if (typeof cell !== 'string') return undefined;
  const match = YEAR_FIRST.exec(cell.trim());
  if (match === null) return undefined;
  const date = dateOf(Number(match[1]), Number(match[2] ?? match[5]), Number(match[3] ?? match[6]));
  return sumOf(date, clockOf(match, 7));
}

/**
 * Reads dates of a format. Dates with points have the day first. A year of two digits is from 1969 to 2068, as strptime
 * has it, and no part of a date with hyphens, whose year may come first.
 */
export function dateReader({ order }: DateFormat): (cell: Cell) => number | undefined {
  if (order === 'time') {
    return (cell) => {
      const match = typeof cell === 'string' ? TIME_ALONE.exec(cell.trim()) : null;
      return match === null ? undefined : clockOf(match, 1);
    };
  }
  return (cell) => {
    const match = typeof cell === 'string' ? DAY_OR_MONTH_FIRST.exec(cell.trim()) : null;
    if (match === null) return undefined;
    const [, first, mark, second, yearDigits] = match;
    if (order === 'mdy' && mark === '.') return undefined;
    if (yearDigits.length === 2 && mark === '-') return undefined;
    const [day, month] = order === 'dmy' ? [first, second] : [second, first];
    return sumOf(dateOf(yearOf(yearDigits), Number(month), Number(day)), clockOf(match, 5));
  };
}

const sumOf = (date: number | undefined, clock: number | undefined): number | undefined =>
  date === undefined || clock === undefined ? undefined : date + clock;

/** ', a day that does not exist' for text such as 31.02.2024, whichever part is the day; '' for all other cells. */
export function invalidDayHint(cell: Cell): string {
  const text = typeof cell === 'string' ? cell.trim() : '';
  const [, year, month, day, , slashMonth, slashDay] = YEAR_FIRST.exec(text) ?? [];
  const [, first, , second, digits] = DAY_OR_MONTH_FIRST.exec(text) ?? [];
  if (year === undefined && digits === undefined) return '';
  const date =
    digits === undefined
      ? dateOf(Number(year), Number(month ?? slashMonth), Number(day ?? slashDay))
      : (dateOf(yearOf(digits), Number(second), Number(first)) ??
        dateOf(yearOf(digits), Number(first), Number(second)));
  return date === undefined ? ', a day that does not exist' : '';
}

/** A year of two digits is from 1969 to 2068, as strptime has it. */
const yearOf = (digits: string): number =>
  Number(digits) + (digits.length === 4 ? 0 : Number(digits) < 69 ? 2000 : 1900);

/** Days since 1970-01-01; undefined for a day that the month does not have. */
function dateOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  return daysSinceEpoch(year, month, day);
}

/** The time of day in the groups of TIME and OFFSET, from group `firstGroup` on, as a fraction of a day. */
function clockOf(match: RegExpExecArray, firstGroup: number): number | undefined {
  const [hours, minute, second] = [0, 1, 2].map((part) => Number(match[firstGroup + part] ?? 0));
  const fraction = Number(`0.${match[firstGroup + 3] ?? 0}`);
  const amOrPm = match[firstGroup + 4]?.toLowerCase();
  if (amOrPm !== undefined && (hours < 1 || hours > 12)) return undefined;
  const hour = amOrPm === undefined ? hours : (hours % 12) + (amOrPm === 'p' ? 12 : 0);
  const offsetMinute = Number(match[firstGroup + 7] ?? 0);
  const offset = (match[firstGroup + 5] === '-' ? -1 : 1) * (60 * Number(match[firstGroup + 6] ?? 0) + offsetMinute);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (offsetMinute > 59 || Math.abs(offset) > 14 * 60) return undefined;
  return (3600 * hour + 60 * (minute - offset) + second + fraction) / DAY_SECONDS;
}

/** Seconds of a day; leap seconds do not count. */
export const DAY_SECONDS = 86_400;

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

const daysOf = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

const DAYS_TO_1970 = 719_468;

/** Days from 1970-01-01 in the Gregorian calendar. Years here begin in March, so a leap day is the last of its year. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const leaps = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const dayOfMarchYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * y + leaps + dayOfMarchYear - DAYS_TO_1970;
}

/**
 * The day of a date as readDate gives it, in ISO 8601, with the Gregorian calendar before 1582, too.
 * [Hinnant 2013, civil_from_days](https://howardhinnant.github.io/date_algorithms.html)
 */
export function dayText(days: number): string {
  const fromMarch = Math.floor(days) + DAYS_TO_1970; // days since 0000-03-01
  const era = Math.floor(fromMarch / 146_097);
  const dayOfEra = fromMarch - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const digits = (number: number, length: number): string => String(number).padStart(length, '0');
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

/** Minutes that a part of a day may be below its time, by rounding. */
const ROUNDING = 1e-6;

/** A time of day, such as 23:59, of a part of a day. */
export function timeText(part: number): string {
  const minutes = Math.floor((part * DAY_SECONDS) / 60 + ROUNDING);
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** A day as readDate gives it, written in a format; a time of day as timeText. @default format ISO 8601 */
export function dateText(days: number, format?: DateFormat): string {
  if (format?.order === 'time') return timeText(days);
  const text = dayText(days);
  if (format === undefined) return text;
  const [year, month, day] = text.split('-');
  return format.order === 'dmy' ? `${day}.${month}.${year}` : `${month}/${day}/${year}`;
}

/** A number or date in the format, for messages. */
export function exampleOf(format: CellFormat): string {
  if (isDateFormat(format)) return { dmy: '31.12.2024', mdy: '12/31/2024', time: '11:59 PM or 23:59' }[format.order];
  const { decimal, thousands, unit } = format;
  const mark = thousands && { comma: ',', point: '.', space: ' ', apostrophe: "'" }[thousands];
  const number = `${mark === undefined ? '' : `1${mark}`}234${decimal === 'comma' ? ',' : '.'}5`;
  return unit === undefined ? number : `${number} ${unit}`;
}

/** Reads the cells of a type. */
export interface CellReader {
  /** The number in a cell; undefined if it has none. */
  readonly read: (cell: Cell) => number | undefined;
  /** What errors expect, such as 'a number'. */
  readonly expected: string;
}

const plainReaders: Readonly<Record<'numeric' | 'date' | 'boolean', CellReader>> = {
  numeric: { read: readNumber, expected: 'a number' },
  date: { read: readDate, expected: 'a date such as 2024-12-31 or 2024-12-31T23:59:00Z (ISO 8601)' },
  boolean: { read: readBoolean, expected: 'true or false (also yes, no, t, f, y, n, 1, 0)' },
};

/** The reader of cells of a type, which are plain without `format`. */
export function cellReader(type: 'numeric' | 'date' | 'boolean', format?: CellFormat): CellReader {
  if (format === undefined) return plainReaders[type];
  if (!isDateFormat(format)) return { read: numberReader(format), expected: `a number such as ${exampleOf(format)}` };
  const kindText = format.order === 'time' ? 'a time' : 'a date';
  return { read: dateReader(format), expected: `${kindText} such as ${exampleOf(format)}` };
}
