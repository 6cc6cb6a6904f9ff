import { option } from '@gradloom/core/internal';
import { resolveInstalled } from '../../system/installed.ts';

const table = {
  iris: 'iris.csv',
  wine: 'wine.csv',
  'breast-cancer': 'breast-cancer.csv.gz',
  digits: 'digits.csv.gz',
  penguins: 'penguins.csv',
  diabetes: 'diabetes.csv',
};

/** The name of a table that comes with this package. */
export type TableName = keyof typeof table;

/**
 * Tables that come with this package, each with the target in its last column. data/README.md has their sources and
 * licences.
 */
export const tableFiles: Readonly<Record<TableName, string>> = table;

/**
 * The path of a table that comes with this package: `await readTable(tablePath('iris'))`.
 * @throws OptionError for another name
 */
export const tablePath = (name: TableName): string =>
  resolveInstalled(`@gradloom/runtime/data/${table[option.oneOf(table).check('tablePath', 'name', name)]}`);
