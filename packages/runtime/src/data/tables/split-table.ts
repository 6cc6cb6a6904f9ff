import type { EncodingNote, TablePreprocessing } from '@gradloom/core';
import { checkTablePreprocessing, counted, show } from '@gradloom/core/internal';
import { type DataSplits, mapSets } from '../dataset.ts';
import { type SplitOptions, type SplitRows, splitRows } from '../split.ts';
import { encodeTable } from './encode-table.ts';
import { fitPreprocessing, fitTargets } from './fit-preprocessing.ts';
import { splitByTime } from './series.ts';
import { splitByColumn } from './split-by-column.ts';
import { checkSplitRows, checkTable, type Table } from './table.ts';

/** A table ready for training. */
export interface PreparedTable {
  /** The sets, all encoded with the preprocessing of the training rows. */
  readonly sets: DataSplits;
  /** The preprocessing, fitted on the training rows. */
  readonly preprocessing: TablePreprocessing;
  /** The rows of each set, counted from 0. */
  readonly rows: SplitRows;
  /** Sentences about values in other sets that no training row has. */
  readonly notes: readonly string[];
}

/**
 * Splits a table, at random with the same share of every class in each set, or by a column (`split` of `readTable`),
 * fits the preprocessing on the training rows, and encodes each set. The result depends only on table and options; rows
 * keep the order of the file. A series is split by time, and each set has the windows that lie in its rows.
 * @throws OptionError if a requested set would have no rows.
 */
export const splitTable = (table: Table, options: SplitOptions = {}): PreparedTable =>
  prepareTable(table, rowsOfSplit(table, options));

/** The rows of each set in `splitTable`. */
export function rowsOfSplit(table: Table, options: SplitOptions = {}): SplitRows {
  const [{ data }] = checkTable('splitTable', table).targets;
  if (table.series !== undefined) return splitByTime('splitTable', table, table.series, options);
  if (table.split !== undefined) return splitByColumn('splitTable', table, table.split, options);
  const labels = data.kind === 'words' ? { indices: data.indices, classes: data.words.length } : null;
  return splitRows('splitTable', table, labels, options);
}

/**
 * Splits the rows of a table as `splitTable` does, and encodes them with the columns of a model, which is trained
 * further. A new target is fitted on the training rows.
 */
export function splitTableAs(
  table: Table,
  model: TablePreprocessing,
  options: SplitOptions,
  hasNewTarget: boolean,
): PreparedTable {
  const rows = rowsOfSplit(table, options);
  const preprocessing = hasNewTarget ? { ...model, target: fitTargets(table, rows.train) } : model;
  checkTablePreprocessing('splitTableAs', preprocessing);
  const notes: string[] = [];
  return { sets: encodeSplit(table, preprocessing, rows, notes), preprocessing, rows, notes };
}

/** Fits the preprocessing on given training rows, such as those of a fold, and encodes each set. */
export function prepareTable(table: Table, rows: SplitRows): PreparedTable {
  checkSplitRows('prepareTable', rows, checkTable('prepareTable', table));
  const preprocessing = fitPreprocessing(table, rows.train);
  const notes: string[] = [];
  return { sets: encodeSplit(table, preprocessing, rows, notes), preprocessing, rows, notes };
}

/** Encodes each set with the preprocessing; adds sentences about unknown categories and cut texts to `notes`. */
export function encodeSplit(
  table: Table,
  preprocessing: TablePreprocessing,
  rows: SplitRows,
  notes: string[] = [],
): DataSplits {
  checkSplitRows('encodeSplit', rows, checkTable('encodeSplit', table));
  const cutTexts = new Map<string, number>(); // by column
  const encode = (indices: Uint32Array, set: keyof SplitRows) => {
    const unknown = new Map<string, Set<string>>();
    const note = ({ column, value, range, tokens }: EncodingNote) => {
      if (tokens !== undefined) cutTexts.set(column, (cutTexts.get(column) ?? 0) + 1);
      // Held-out rows may well be outside of the range of the others.
      if (value === null || range !== undefined || tokens !== undefined) return;
      const values = unknown.get(column) ?? new Set();
      unknown.set(column, values.add(value));
    };
    const dataset = encodeTable(table, preprocessing, indices, note);
    for (const { name } of preprocessing.columns) {
      const values = unknown.get(name);
      if (values !== undefined) notes.push(unknownCategories(set, name, values));
    }
    return dataset;
  };
  const sets = mapSets(rows, encode);
  for (const column of preprocessing.columns) {
    const cut = cutTexts.get(column.name);
    if (cut === undefined || column.type !== 'text') continue;
    const rowCount = Object.values(sets).reduce((sum, set) => sum + set.rows, 0);
    const are = cut === 1 ? 'is' : 'are';
    const cutOfAll = `${cut} of ${counted(rowCount, 'text')} in column ${show(column.name)}`;
    notes.push(`${cutOfAll} ${are} cut to the first ${counted(column.context, 'token')} (--context)`);
  }
  return sets;
}

const MAX_NAMED = 5; // categories in a note

function unknownCategories(set: string, column: string, values: ReadonlySet<string>): string {
  const few = [...values].slice(0, MAX_NAMED).map(show).join(', ');
  const valueList = values.size > MAX_NAMED ? `${few} and ${values.size - MAX_NAMED} more` : few;
  const categoriesText = values.size === 1 ? 'a category' : 'categories';
  return `the ${set} rows have ${categoriesText} of column ${show(column)} that no training row has: ${valueList} (all of its inputs are 0 there)`;
}
