import { type ColumnType, OptionError } from '@gradloom/core';
import {
  checkList,
  checkObject,
  defineOptions,
  type Named,
  type OptionsOf,
  option,
  show,
} from '@gradloom/core/internal';
import { checkSize } from '../images/image-options.ts';
import { targetKinds } from '../npy-dataset.ts';
import { isEncoding } from '../read-text.ts';
import { textOptions } from '../text/text-options.ts';
import { delimiters } from './formats/table-reader.ts';
import { stepOf } from './series-step.ts';

/** Characters between the labels in a cell, by the name of the option. */
export const labelSeparators = { semicolon: ';', bar: '|', comma: ',' } as const;

/** Types that a column can be read as. */
export const columnTypes = {
  numeric: true,
  categorical: true,
  boolean: true,
  date: true,
  text: true,
  image: true,
} satisfies Record<ColumnType, true>;

/** How numbers are scaled: by mean and deviation, to 0 and 1, by median and quartiles, or not at all. */
export const scales = { standard: true, minmax: true, robust: true, none: true } satisfies Record<Scale, true>;
/** How numbers of a table are scaled. */
export type Scale = 'standard' | 'minmax' | 'robust' | 'none';

/** Whether the values of a target are learned, or their logarithms. */
const targetTransforms = { none: true, log: true };

export const ONE_HOT_LIMIT = 100;

/** How gaps are handled: filled in, or their rows are left out. */
export const missingChoices = { impute: true, drop: true };

const isName = (entry: unknown): entry is string | number => typeof entry === 'string' || typeof entry === 'number';

const names = option.kind((where, name, value: unknown): readonly string[] => {
  const expected = 'a list of column names';
  const columns = checkList(where, name, value as readonly string[], expected);
  if (columns.every(isName)) return columns.map(String);
  throw new OptionError(where, name, `has ${show(value)}, expected ${expected}`);
});

const types = option.kind((where, name, value: unknown): Readonly<Record<string, ColumnType>> => {
  const expected = "types by column name, such as { age: 'numeric' }";
  const byColumn = checkObject(where, name, value as Record<string, ColumnType>, expected);
  for (const [column, type] of Object.entries(byColumn))
    option.oneOf(columnTypes).check(where, `${name}.${column}`, type);
  return byColumn;
});

const target = option.kind((where, name, value: unknown): string | number | readonly (string | number)[] => {
  if (isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName))) return value;
  throw new OptionError(where, name, `has ${show(value)}, expected the name of a column, or a list of names`);
});

const columnName = option.checkedBy('the name of a column', isName);

/**
 * Flags of every command that reads a table to train on. The effect tells the command line which files may set them:
 * 'result' for numbers and known words that change the result, 'naming' for names of columns and classes, which can be
 * any text, and 'execution' (`stream`) for those that change only how the work is done.
 */
const dataFlag = option.asFlag({ group: 'Data', effect: 'result' });
const namingFlag = option.asFlag({ group: 'Data', effect: 'naming' });

export const tableOptions = defineOptions('readTable', {
  /** Name of the table in messages. @default the path */
  name: option.checkedBy('text', (value): value is string => typeof value === 'string')(),
  /** Whether the first row holds column names. @default true if no field of it is a number */
  header: option.flag(),
  /** Field separator. @default found from the first rows */
  delimiter: option.oneOf(delimiters)(),
  /** Encoding of a CSV file, such as 'windows-1251'. @default UTF-8, UTF-16 or Windows-1252, found from the bytes */
  encoding: dataFlag(
    option.checkedBy('an encoding such as utf-8, utf-16le, windows-1252 or shift_jis', isEncoding)(
      undefined,
      'encoding of a CSV file, such as windows-1251',
      'UTF-8, UTF-16 or Windows-1252, found from the bytes',
    ),
  ),
  /** The mark before the fraction of a number. @default found from all cells */
  decimal: dataFlag(
    option.oneOf({ point: true, comma: true })(undefined, 'decimal mark: point or comma', 'found from all cells'),
  ),
  /** The mark between the thousands of a number. @default found from all cells */
  thousands: dataFlag(
    option.oneOf({ none: true, point: true, comma: true, space: true, apostrophe: true })(
      undefined,
      'mark between thousands: point, comma, space, apostrophe or none',
      'found from all cells',
    ),
  ),
  /** Order of day, month and year in dates such as 02/01/2025. @default found from all cells */
  dateFormat: dataFlag(
    option.oneOf({ dmy: true, mdy: true })(
      undefined,
      'dates such as 02/01/2025: dmy with the day first, mdy with the month first',
      'found from all cells',
    ),
  ),
  /** The table of a SQLite file that is read. @default its only table */
  table: namingFlag(
    option.text('the name of a table')(undefined, 'of a SQLite file: the table to read', 'its only one'),
  ),
  /** A query whose rows are read from a SQLite file, instead of a table. @default all rows of the table */
  query: namingFlag(
    option.text('a query')(undefined, 'of a SQLite file: the query whose rows are read', 'all rows of the table'),
  ),
  /**
   * 'auto' gives dates inputs for hour, weekday and month, where rows differ in these and extend over a day, a week or
   * a year; 'none' leaves the number of days alone. @default 'auto'
   */
  dateParts: dataFlag(
    option.oneOf({ auto: true, none: true })('auto', 'inputs for hour, weekday and month of dates: auto or none'),
  ),
  /** The target column, or several: names, or numbers counted from 1. @default the last column */
  target: namingFlag(
    target(undefined, 'the column to predict: its name, or its number counted from 1', 'the last column'),
  ),
  /**
   * Kind of targets. 'probabilities': those of classes that are named as their columns, such as the answers of another
   * model. 'inputs': each row, of columns of numbers, is its own target, as for an autoencoder.
   * @default 'classes' for words and for few whole numbers that repeat, else 'values'
   */
  targets: dataFlag(
    option.oneOf({ ...targetKinds, probabilities: true, inputs: true })(
      undefined,
      'classes, values, probabilities of classes, a column each, or inputs: each row is its own target, as for an autoencoder',
      'found from the target column',
    ),
  ),
  /** The character between labels in a cell of the target; 'none' for classes. @default found from the target column */
  labelSeparator: dataFlag(
    option.oneOf({ none: true, ...labelSeparators })(
      undefined,
      'what separates labels in a cell of the target: semicolon, bar or comma; none: each cell is one class',
      'found from the target column',
    ),
  ),
  /** The allowed class names, in the order of their indices. @default all names in the file, sorted */
  classNames: namingFlag(
    names(undefined, 'names of the classes in the order of their indices, such as cat,dog', 'as in the file'),
  ),
  /** Types of columns by name. @default found from all rows */
  columns: option.asFlag({ group: 'Data', effect: 'naming', flag: 'column' })(
    types(
      undefined,
      'read a column as numeric, categorical, boolean, date, text or image: age:numeric',
      'found from all rows',
    ),
  ),
  /** Columns that are left out. @default none */
  drop: namingFlag(names(undefined, 'columns to leave out, such as id,name', 'none')),
  /** A column of numbers of at least 0: how much each row counts. @default all rows count the same */
  weightColumn: namingFlag(columnName(undefined, 'a column of numbers that say how much each row counts', 'none')),
  /**
   * The column with the time of a row, a date or a number: rows become windows of a series, to forecast the target.
   * @default rows are on their own
   */
  series: namingFlag(
    columnName(undefined, 'the column with the time of a row: windows of rows forecast the target', 'none'),
  ),
  /**
   * With `series`: each row is the mean of the rows in a step, such as '15min', '1h', '1d', '1w' or '1mo', or a number
   * for times that are numbers. @default rows are as they are
   */
  every: namingFlag(
    option.checkedBy(
      'a step such as 15min, 1h, 1d, 1w or 1mo, or a number',
      (value): value is string => stepOf(value) !== undefined,
    )(
      undefined,
      'of a series: take the mean of the rows in each step, such as 15min, 1h, 1d or 1mo',
      'rows as they are',
    ),
  ),
  /**
   * With `series`: steps without a row are refused; with 'interpolate' their numbers are those on a line between the
   * known rows around them, with 'skip' no window crosses them. @default 'refuse'
   */
  seriesGaps: dataFlag(
    option.oneOf({ refuse: true, interpolate: true, skip: true })(
      undefined,
      'steps of a series without a row: refuse, interpolate, or skip windows that cross one',
      'refuse',
    ),
  ),
  /** The column that tells several series apart, whose rows may be mixed. @default all rows are one series */
  seriesKey: namingFlag(columnName(undefined, 'the column that tells several series apart', 'all rows are one series')),
  /**
   * With `series`: T, rows of a window; of a column of texts the tokens of a row. @default 24 rows; the tokens of the
   * longest training text, but at most 256, and at most twice those that nine of ten texts have
   */
  context: textOptions.table.context,
  /** Of a column of texts: the tokenizer, whose vocabulary is that of the training rows. @default 'words' */
  tokenizer: textOptions.table.tokenizer,
  /**
   * Of columns of images: their size, '28x28', width by height, or 28.
   * @default the median of the images, with 64 pixels on the longer side at most
   */
  size: option.kind((where, _name, value): string | number => checkSize(where, value) && (value as string | number))(),
  /** Of columns of images: 1 for grey, 3 for red, green and blue. @default 1 if all of a column are grey, else 3 */
  channels: option.checkedBy(
    '1 (grey) or 3 (red, green and blue)',
    (value): value is 1 | 3 => value === 1 || value === 3,
  )(),
  /** Bits that 16-bit values of image columns use, 8 to 16. @default those that the largest value of a column takes */
  bits: option.wholeNumber(8, 16)(),
  /** With `series`: number of rows after the window whose target is forecast. @default 1 */
  horizon: dataFlag(option.positiveInteger(undefined, 'rows after a window of a series that are forecast', '1')),
  /**
   * How rows are held out: 'random'; 'time:<column>': the last ones by that column; 'group:<column>': rows with one
   * value of that column are in one set, and it is no input. @default 'random', each class in proportion
   */
  split: namingFlag(
    option.checkedBy(
      'random, time:<column> or group:<column>',
      (value): value is string => splitOf(value) !== undefined,
    )(
      undefined,
      'rows to hold out: random, time:<column> for the last ones, or group:<column> for whole groups',
      'random',
    ),
  ),
  /** 'impute' fills gaps with the median, or makes them a category; 'drop' leaves their rows out. @default 'impute' */
  missing: dataFlag(option.oneOf(missingChoices)('impute', 'gaps: impute fills them in, drop leaves their rows out')),
  /** 'log' learns the logarithm of a positive target, so ratios count; answers are in its units. @default 'none' */
  targetTransform: dataFlag(
    option.oneOf(targetTransforms)('none', 'log learns the logarithm of a positive target, such as a price, or none'),
  ),
  /** How numbers are scaled. @default 'standard'; 'robust' for a column with a number such as -999 far outside */
  scale: dataFlag(
    option.oneOf(scales)(
      undefined,
      'how numbers are scaled: standard, minmax, robust or none; images: none or standard',
      'standard; robust for a column with a number such as -999 far outside of the others',
    ),
  ),
  /**
   * Whether each number and date has 8 further inputs beside its scaled value: ramps that rise from 0 to 1 between
   * neighbouring quantiles of the training rows, so that a network follows a curve or a step of one column easily.
   * Not in a series, where rows are their own targets, beside texts or images, with one or two columns, with more
   * columns than training rows or than 2,000, or where they would take more than 1 GiB.
   * @default true; false for the tables that come with this package
   */
  ramps: dataFlag(option.flag(true, 'give numbers no further inputs between their quantiles')),
  /** Maximum number of inputs of a column of categories: the most frequent ones have an input each. @default 100 */
  oneHotLimit: dataFlag(
    option.positiveInteger(ONE_HOT_LIMIT, 'most inputs of a column: its most frequent categories have one each'),
  ),
  /** Whether the rows are kept in a cache beside the file, made once, for tables larger than memory. @default false */
  stream: option.asFlag({ group: 'Data', effect: 'execution' })(
    option.flag(
      undefined,
      'leave the inputs in their file, or those of a table or text in a cache beside it; never changes the result',
    ),
  ),
});

/** The parts of the option `split`; undefined if it has another form. */
export function splitOf(value: unknown): { by: 'time' | 'group'; column: string } | { by: 'random' } | undefined {
  if (value === 'random') return { by: 'random' };
  const [, criterion, column] = typeof value === 'string' ? (/^(time|group):(.+)$/s.exec(value) ?? []) : [];
  return criterion === undefined ? undefined : { by: criterion as 'time' | 'group', column };
}

/** Options of `readTable`. */
export interface TableOptions extends OptionsOf<typeof tableOptions.table>, Named {}
