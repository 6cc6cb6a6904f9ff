import { oneOf } from '@gradloom/core/internal';
import { resolveInstalled } from '../../installed.ts';

/**
 * Tables that come with this package, with their sources and licences in data/README.md. The target is the last column.
 */
export const tableFiles = {
  iris: 'iris.csv',
  wine: 'wine.csv',
  'breast-cancer': 'breast-cancer.csv.gz',
  digits: 'digits.csv.gz',
  penguins: 'penguins.csv',
  diabetes: 'diabetes.csv',
} as const;

/** The name of a table that comes with this package. */
export type TableName = keyof typeof tableFiles;

/**
 * The path of a table that comes with this package: `loadDataset(tablePath('iris'))`.
 * @throws OptionError for another name
 */
export const tablePath = (name: TableName): string =>
  resolveInstalled(`@gradloom/runtime/data/${tableFiles[oneOf('tablePath', 'name', name, tableFiles)]}`);
