import type { Cell, DateFormat, NumberFormat } from '@gradloom/core';
import { dateReader, numberReader, readDate, readNumber, THOUSANDS } from '@gradloom/core/internal';

/** Formats of numbers without a unit; those with a decimal point come first. */
export const numberFormats: readonly NumberFormat[] = (['point', 'comma'] as const).flatMap((decimal) => [
  { decimal },
  ...THOUSANDS[decimal].map((thousands) => ({ decimal, thousands })),
]);

/** Formats of dates whose year is not first. */
export const dateFormats: readonly DateFormat[] = [{ order: 'dmy' }, { order: 'mdy' }, { order: 'time' }];

export const numberReaders = numberFormats.map(numberReader);
const dateReaders = dateFormats.map(dateReader);

/** A set of formats: a bit for each format of numbers, then for each of dates, then for plain dates. */
export type FormatSet = number;

const bitOf = (index: number): FormatSet => 1 << index;

export const numberFormatBit = (index: number): FormatSet => bitOf(index);
export const dateFormatBit = (index: number): FormatSet => bitOf(numberFormats.length + index);
/** The first format: a decimal point, and no mark between thousands. */
export const PLAIN_NUMBERS: FormatSet = numberFormatBit(0);
export const PLAIN_DATES: FormatSet = dateFormatBit(dateFormats.length);
export const ANY_NUMBER: FormatSet = bitOf(numberFormats.length) - 1;
/** The first half of the formats of numbers. */
export const DECIMAL_POINT: FormatSet = bitOf(numberFormats.length / 2) - 1;
/** 1.234 is also a number of thousands if points stand between them. */
export const POINT_OR_THOUSANDS: FormatSet =
  DECIMAL_POINT |
  numberFormatBit(numberFormats.findIndex(({ decimal, thousands }) => decimal === 'comma' && thousands === 'point'));

export const formatBits: readonly FormatSet[] = Array.from(
  { length: numberFormats.length + dateFormats.length + 1 },
  (_, index) => bitOf(index),
);

type Reader = (cell: Cell) => number | undefined;

const setOf = (text: string, readers: readonly Reader[]): FormatSet =>
  readers.reduce((set, read, index) => (read(text) === undefined ? set : set | bitOf(index)), 0);

/** The formats that read a number without its unit. */
export const formatsOfNumber = (digits: string): FormatSet => setOf(digits, numberReaders);

/** The formats of dates that read the text, without plain dates. */
export const formatsOfDate = (text: string): FormatSet => setOf(text, dateReaders) << numberFormats.length;

/** Whether some format with a decimal point and some with a decimal comma are among the formats. */
export const hasBothMarks = (set: FormatSet): boolean => (set & DECIMAL_POINT) !== 0 && (set & ~DECIMAL_POINT) !== 0;

/** Whether a cell is a number in some format, without a unit. */
export const isSomeNumber = (cell: Cell): boolean =>
  readNumber(cell) !== undefined || numberReaders.some((read) => read(cell) !== undefined);

export const isSomeDate = (cell: Cell): boolean =>
  readDate(cell) !== undefined || dateReaders.some((read) => read(cell) !== undefined);
