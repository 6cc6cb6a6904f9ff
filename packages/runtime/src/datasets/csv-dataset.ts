import { OptionError } from '@gradloom/core';
import { counted, oneOf, onlyKeys, show, suggest } from '@gradloom/core/internal';
import { checkPath } from '../files/check-path.ts';
import { RoomError } from '../memory/memory-room.ts';
import { checkDataset } from './check-dataset.ts';
import { createClassNames } from './class-names.ts';
import type { CsvRecord } from './csv-records.ts';
import { type Dataset, valueMatrix } from './dataset.ts';
import { createGrowingNumbers } from './growing-numbers.ts';
import { type TargetKind, targetKinds } from './npy-dataset.ts';
import { otherSeparator, separatorOf } from './separator.ts';

/** Options of `loadCsv`. */
export interface CsvOptions {
  /** Name of the dataset in messages. @default the path */
  name?: string;
  /** Whether the first line holds column names. @default true if it contains no number */
  header?: boolean;
  /** The target column: its name, or its number counted from 1. @default the last */
  target?: string | number;
  /** Kind of targets: 'classes' or 'values'. @default 'values' if the first target is a number, else 'classes' */
  targets?: TargetKind;
  /** The allowed class names, in the order of their indices. @default all names in the file, sorted */
  classNames?: readonly string[];
  /** Divisor of the inputs. @default 1 */
  divisor?: number;
}

const CSV_OPTIONS = [
  'name',
  'header',
  'target',
  'targets',
  'classNames',
  'divisor',
] as const satisfies readonly (keyof CsvOptions)[];

/**
 * Loads a CSV file: numbers and, in one column, the target, a number or the name of a class.
 * @throws Error naming the file, line and column of the problem; OptionError for an option that does not fit the file.
 */
export async function loadCsv(path: string, options: CsvOptions = {}): Promise<Dataset> {
  checkPath('loadCsv', path);
  onlyKeys('loadCsv', options, CSV_OPTIONS);
  const { name = path, header, classNames, divisor = 1 } = options;
  if (options.targets !== undefined) oneOf('loadCsv', 'targets', options.targets, targetKinds);
  if (header !== undefined && typeof header !== 'boolean') {
    throw new OptionError('loadCsv', 'header', `has ${show(header)}, expected true or false`);
  }
  const inputs = createGrowingNumbers();
  const values = createGrowingNumbers();
  const names = createClassNames(classNames);
  let layout: Layout | undefined;
  let rows = 0;
  let kind = options.targets ?? (classNames === undefined ? undefined : 'classes');
  let firstLine = 0;

  const faultAt = (line: number, column: number, has: string, expected: string) => {
    const title = layout?.titles === undefined ? '' : ` (${show(layout.titles[column])})`;
    return new Error(`loadCsv: ${path}: line ${line}, column ${column + 1}${title} has ${has}, expected ${expected}`);
  };

  function addTarget(text: string, line: number, column: number): void {
    if (text === '') throw faultAt(line, column, 'nothing', 'a number or the name of a class');
    const value = decimal(text);
    if (kind === undefined) [kind, firstLine] = [value === undefined ? 'classes' : 'values', line];
    const isAsFirst = firstLine === 0 || (value === undefined) === (kind === 'classes');
    if (!isAsFirst) {
      const first = kind === 'classes' ? 'the name of a class' : 'a number';
      const hint = 'targets=classes reads numbers as names, header=true reads the first line as titles';
      throw faultAt(line, column, show(text), `${first}, as in line ${firstLine} (${hint})`);
    }
    if (kind === 'values') {
      if (value === undefined) throw faultAt(line, column, show(text), 'a number');
      values.push(value);
    } else if (/^[\d.+-]+([;\t|][\d.+-]+)+$/.test(text)) {
      throw new Error(`loadCsv: ${path}: line ${line} ${otherSeparator(text, separatorOf(path))}`);
    } else if (!names.add(text)) {
      throw faultAt(line, column, show(text), `one of ${names.expected()}`);
    }
  }

  function addRow(record: CsvRecord): void {
    const { line, fields } = record;
    if (layout === undefined) {
      layout = layoutOf(path, record, options);
      if (layout.titles !== undefined) return;
    }
    const { columns, target } = layout;
    if (fields.length !== columns) {
      throw new Error(
        `loadCsv: ${path}: line ${line} has ${counted(fields.length, 'column')}, expected ${columns} (as in the first line)`,
      );
    }
    for (let column = 0; column < columns; column++) {
      if (column === target) continue;
      const value = decimal(fields[column]);
      if (value === undefined) {
        const other = otherSeparator(fields[column], separatorOf(path));
        if (other !== undefined) throw new Error(`loadCsv: ${path}: line ${line} ${other}`);
        throw faultAt(line, column, fields[column] === '' ? 'nothing' : show(fields[column]), 'a number');
      }
      inputs.push(value);
    }
    addTarget(fields[target], line, target);
    rows++;
  }

  function dataset(): Dataset {
    if (layout === undefined || rows === 0) throw new Error(`loadCsv: ${path} has no rows, expected at least one`);
    const classes = kind === 'classes' ? names.sorted() : undefined;
    return checkDataset(`loadCsv: ${path}`, {
      name,
      rows,
      inputs: { ...valueMatrix(inputs.take(), layout.columns - 1), divisor },
      targets: valueMatrix(classes === undefined ? values.take() : classes.indices, 1),
      classes: classes === undefined ? null : classes.names.length,
      ...(classes === undefined ? {} : { labels: classes.names }),
    });
  }

  // Most processes read no CSV file, and the parser takes 3 ms to load.
  const { readCsv } = await import('./csv-records.ts');
  try {
    for await (const records of readCsv(path, separatorOf(path))) for (const record of records) addRow(record);
    return dataset();
  } catch (error) {
    if (error instanceof RoomError) throw new Error(`loadCsv: ${path} has ${error.has}, expected ${error.expected}`);
    throw error;
  }
}

interface Layout {
  readonly columns: number;
  readonly target: number; // its column
  readonly titles: readonly string[] | undefined; // of the columns, where the first line has them
}

function layoutOf(path: string, { fields, line }: CsvRecord, { header, target }: CsvOptions): Layout {
  const columns = fields.length;
  if (columns < 2) {
    const problem =
      otherSeparator(fields[0], separatorOf(path)) ?? 'has 1 column, expected 2 or more (inputs and a target)';
    throw new Error(`loadCsv: ${path}: line ${line} ${problem}`);
  }
  const isTitled = header ?? fields.every((field) => decimal(field) === undefined);
  const titles = isTitled ? fields : undefined;
  if (target === undefined) return { columns, target: columns - 1, titles };
  const places = fields.flatMap((field, column) => (isTitled && field === String(target) ? [column] : []));
  if (places.length === 1) return { columns, target: places[0], titles };
  if (places.length > 1) {
    throw new OptionError(
      'loadCsv',
      'target',
      `has ${show(target)}, the name of ${places.length} columns, expected that of one`,
    );
  }
  if (typeof target === 'number' && Number.isInteger(target) && target >= 1 && target <= columns) {
    return { columns, target: target - 1, titles };
  }
  const known = isTitled
    ? `one of ${fields.slice(0, 20).map(show).join(', ')}`
    : 'the number of a column, since the first line has no titles';
  const problem = `has ${show(target)}, expected ${known} (1 to ${columns})${suggest(target, isTitled ? fields : [])}`;
  throw new OptionError('loadCsv', 'target', problem);
}

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The finite number that a field writes in decimal; undefined for any other text. */
function decimal(text: string): number | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
