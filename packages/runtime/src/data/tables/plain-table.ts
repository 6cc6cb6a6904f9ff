import { complete, defineOptions, type Named, type OptionsOf, option, showPath } from '@gradloom/core/internal';
import { checkDataset } from '../check-dataset.ts';
import { type Dataset, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { tableFormats } from './formats/index.ts';
import { type OpenFile, readPlainTable } from './read-table.ts';
import type { TableColumn } from './table.ts';
import { tableOptions } from './table-options.ts';

const { name, header, delimiter, target, targets, classNames } = tableOptions.table;

const plainOptions = defineOptions('loadCsv', {
  /** Name of the dataset in messages. @default the path */
  name,
  /** Whether the first line holds column names. @default true if no field of it is a number */
  header,
  /** Field separator. @default found from the first rows */
  delimiter,
  /** The target column, or several with numbers: names, or numbers counted from 1. @default the last column */
  target,
  /** Kind of targets: 'classes' or 'values'. @default 'values' for numbers, else 'classes' */
  targets,
  /** The allowed class names, in the order of their indices. @default all names in the file, sorted */
  classNames,
  /** Divisor of the inputs. @default 1 */
  divisor: option.checkedBy(
    'a finite number other than 0',
    (value): value is number => Number.isFinite(value) && value !== 0,
  )(1),
});

/** Options of `loadCsv`. */
export interface CsvOptions extends OptionsOf<typeof plainOptions.table>, Named {}

/**
 * Loads a CSV file of plain numbers without scaling; the target column holds numbers or class names. Use `readTable`
 * and `splitTable` for tables with words, dates or gaps.
 * @throws Error naming the file, line and column of the problem; OptionError for an option that does not fit the file.
 */
export const loadCsv = (path: string, options: CsvOptions = {}): Promise<Dataset> =>
  loadPlainTable('loadCsv', path, options, tableFormats.csv.open); // a CSV file may have any name

/** Same as `loadCsv`, for a table in any format. */
export async function loadPlainTable(
  where: 'loadCsv' | 'loadPlainTable',
  path: string,
  options: CsvOptions,
  open?: OpenFile,
): Promise<Dataset> {
  const { divisor, ...readOptions } = plainOptions.read(options);
  const definedOptions = Object.fromEntries(Object.entries(readOptions).filter(([, value]) => value !== undefined));
  const table = await readPlainTable(where, path, definedOptions, open);
  const { rows, inputs, classes } = table;
  return complete(
    checkDataset(`${where}: ${showPath(path)}`, {
      name: table.name,
      rows,
      inputs: { ...matrixOf(inputs, rows), divisor },
      targets: classes === null ? matrixOf(table.targets, rows) : indicesOf(table.targets[0]),
      classes: classes === null ? null : classes.length,
      ...(classes === null ? {} : { labels: classes }),
    }),
  );
}

function matrixOf(columns: readonly TableColumn[], rows: number) {
  const array = sharedArrays.float64(rows * columns.length);
  for (const [c, { data }] of columns.entries()) {
    const cells = data.kind === 'numbers' ? data.values : data.indices;
    for (let n = 0; n < rows; n++) array[n * columns.length + c] = cells[n];
  }
  return valueMatrix(array, columns.length);
}

function indicesOf({ data }: TableColumn) {
  const indices = data.kind === 'words' ? data.indices : new Int32Array(0);
  const array = sharedArrays.int32(indices.length);
  array.set(indices);
  return valueMatrix(array, 1);
}
