import { oneOf } from '@gradloom/core/internal';
import { resolveInstalled } from '../../installed.ts';

const files = {
  iris: 'iris.csv',
  wine: 'wine.csv',
  'breast-cancer': 'breast-cancer.csv.gz',
  digits: 'digits.csv.gz',
  penguins: 'penguins.csv',
  diabetes: 'diabetes.csv',
};

/** The name of a table that comes with this package. */
export type TableName = keyof typeof files;

/** Tables that come with this package, with their sources and licences in data/README.md. The last column is the target. */
export const tableFiles: Readonly<Record<TableName, string>> = files;

/**
 * The path of a table that comes with this package: `loadDataset(tablePath('iris'))`.
 * @throws OptionError for another name
 */
export const tablePath = (name: TableName): string =>
  resolveInstalled(`@gradloom/runtime/data/${tableFiles[oneOf('tablePath', 'name', name, tableFiles)]}`);
