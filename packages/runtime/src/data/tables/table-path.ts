import type { Shape } from '@gradloom/core';
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

/** Shapes of the rows of tables of images. */
export const tableShapes: Readonly<Partial<Record<TableName, Shape>>> = { digits: [8, 8, 1] };

/**
 * The path of a table that comes with this package: `await readTable(tablePath('iris'))`.
 * @throws OptionError for another name
 */
export const tablePath = (name: TableName): string =>
  resolveInstalled(`@gradloom/runtime/data/${table[option.oneOf(table).check('tablePath', 'name', name)]}`);

/** Whether a path is that of a table that comes with this package. */
export const isBundledTable = (path: string): boolean =>
  (Object.keys(tableFiles) as TableName[]).some((name) => tablePath(name) === path);

/** Whether a path is that of a table of images that comes with this package. */
export const isTableOfImages = (path: string): boolean =>
  (Object.keys(tableShapes) as TableName[]).some((name) => tablePath(name) === path);
