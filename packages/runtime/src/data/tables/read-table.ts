import { type NamedRow, OptionError, type TablePreprocessing } from '@gradloom/core';
import { checkTablePreprocessing, list, record, show, showPath } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { RoomError } from '../../system/memory/memory-room.ts';
import { buildTable } from './build-table.ts';
import { type CollectedRows, collectRows } from './collect-rows.ts';
import { flagWord } from './column-collector.ts';
import { type ColumnStore, memoryStore } from './column-store.ts';
import { findFormats } from './find-formats.ts';
import { openJsonRows } from './json-rows.ts';
import { OnlyText } from './left-out.ts';
import type { ColumnPlan } from './plan-columns.ts';
import type { Table } from './table.ts';
import { openTableCache } from './table-cache.ts';
import { createFaults } from './table-faults.ts';
import { openTable, tableFormats } from './table-formats.ts';
import { type TableOptions, tableOptions } from './table-options.ts';
import type { TableReader } from './table-reader.ts';
import type { TableRequest } from './table-request.ts';

/**
 * Reads a table into memory, one typed array per column, or with `stream` into a cache next to the file. Types are
 * found from all rows and reported with their reasons.
 * @throws Error naming the file, line and column of a problem; OptionError for an option that does not fit the file.
 */
export const readTable = (path: string, options: TableOptions = {}): Promise<Table> =>
  read(path, options, { where: 'readTable', preprocessing: null, isPlain: false });

/**
 * Reads the columns that a model was trained with, with the types of that time.
 * @throws Error as `readTable` does, and for a missing column.
 */
export const readTableAs = async (
  path: string,
  preprocessing: TablePreprocessing,
  options: TableOptions = {},
): Promise<Table> => {
  const checked = checkTablePreprocessing('readTableAs', preprocessing);
  return read(path, options, { where: 'readTable', preprocessing: checked, isPlain: false });
};

/**
 * Reads a table of plain numbers: its inputs are numbers without gaps, and a numeric target holds values.
 * @throws Error as `readTable` does.
 */
export const readPlainTable = (where: string, path: string, options: TableOptions): Promise<Table> =>
  read(path, options, { where, preprocessing: null, isPlain: true });

/** Makes a table of objects by column name. Messages begin with `where`. */
export async function readObjects(where: string, rows: readonly NamedRow[], options: TableOptions): Promise<Table> {
  const found = list<NamedRow>(where, 'rows', rows, 'a list of objects');
  const fault: TableRequest['fault'] = (problem, cause) => new Error(`${where}: rows${problem}`, { cause });
  const open = () =>
    openJsonRows(
      {},
      (problem) => fault(`: ${problem}`),
      async function* () {
        yield found.map((value, n) => ({ place: `row ${n}`, value }));
      },
    );
  const own = withoutUndefined(tableOptions.read(options));
  const request = { where, path: 'rows', options: own, preprocessing: null, isPlain: false, formats: null, fault };
  return readRows(request, memoryStore, open);
}

async function read(
  path: string,
  given: TableOptions,
  purpose: Pick<TableRequest, 'where' | 'preprocessing' | 'isPlain'>,
): Promise<Table> {
  const { where, preprocessing } = purpose;
  checkPath(where, path);
  const options = withoutUndefined(tableOptions.read(given));
  const fault: TableRequest['fault'] = (problem, cause) =>
    new Error(`${where}: ${showPath(path)}${problem}`, { cause });
  if (preprocessing === null) refuseOfSequences(where, options);
  const request: TableRequest = { ...purpose, path, options, formats: null, fault };
  if (options.stream !== true) return readRows(request, memoryStore);
  return openTableCache(path, options, preprocessing, fault, (store) => readRows(request, store));
}

/** @throws OptionError for an option that needs a series or a column of texts, or that these do not have. */
function refuseOfSequences(where: string, options: TableOptions): void {
  const { series, columns = {}, target, targets, missing, weightColumn, stream } = options;
  const refuse = (name: string, value: unknown, wanted: string): never => {
    throw new OptionError(where, name, `has ${show(value)}, expected ${wanted}`);
  };
  const isText = Object.values(columns).includes('text');
  const refuseStray = (names: readonly ('seriesKey' | 'context' | 'horizon' | 'tokenizer')[], wanted: string): void => {
    const stray = names.find((name) => options[name] !== undefined);
    if (stray !== undefined) refuse(stray, options[stray], wanted);
  };
  if (!isText) refuseStray(['tokenizer'], 'none without a column of type text');
  if (isText && stream) refuse('stream', stream, 'none: the texts of a column are held in memory');
  if (series === undefined) {
    const ofSeries = ['seriesKey', 'horizon'] as const;
    refuseStray(isText ? ofSeries : [...ofSeries, 'context'], 'none without series, the column with the time of a row');
    return;
  }
  if (typeof target === 'object' && target.length > 1) refuse('target', target, 'one column to forecast');
  if (targets === 'classes') refuse('targets', targets, 'values: windows of a series forecast numbers');
  if (weightColumn !== undefined) refuse('weightColumn', weightColumn, 'none: windows of a series count the same');
  if (missing === 'drop') refuse('missing', missing, 'impute: a series without some of its rows has gaps in time');
  if (stream) refuse('stream', stream, 'none: windows of a series are views of rows in memory');
}

const OPENED = 'one that openTable opened';

/** Reads rows for a model of a series from an open table, with the types of its training. `path` names it. */
export async function readRowsAs(path: string, reader: TableReader, given: TablePreprocessing): Promise<Table> {
  const where = 'readTable';
  checkPath(where, path);
  if (typeof record(where, 'reader', reader, OPENED).names !== 'function') {
    throw new OptionError(where, 'reader', `has ${show(reader)}, expected ${OPENED}`);
  }
  const preprocessing = checkTablePreprocessing(where, given);
  const fault: TableRequest['fault'] = (problem, cause) =>
    new Error(`${where}: ${showPath(path)}${problem}`, { cause });
  const request = { where, path, options: {}, preprocessing, isPlain: false, formats: null, fault };
  try {
    return build(reader, request, memoryStore, await collectRows(reader, request, memoryStore));
  } catch (error) {
    await reader.close?.();
    throw error;
  }
}

const withoutUndefined = (options: object): TableOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Opens a table in the format of its name; loadCsv accepts a CSV file of any name. */
const openFile = ({ where, path, options }: TableRequest): Promise<TableReader> =>
  where === 'loadCsv' ? tableFormats.csv.open(path, options) : openTable(path, options);

async function readRows(
  request: TableRequest,
  store: ColumnStore,
  open: () => Promise<TableReader> = () => openFile(request),
): Promise<Table> {
  try {
    return await readColumns(request, store, open);
  } catch (error) {
    if (!(error instanceof OnlyText)) throw error;
    return readOnlyText(request, store, open, error);
  }
}

/** Reads a table of ids and a text by the words of the text. */
async function readOnlyText(
  request: TableRequest,
  store: ColumnStore,
  open: () => Promise<TableReader>,
  { column, others }: OnlyText,
): Promise<Table> {
  const { columns, drop = [] } = request.options;
  const own = { columns: { ...columns, [column]: 'text' as const }, drop: [...drop, ...others.keys()] };
  // A row without text says nothing.
  const options = { ...request.options, ...own, missing: 'drop' as const };
  const table = await readColumns({ ...request, options }, store, open);
  const way = `--column ${flagWord(`${column}:categorical`)} reads it as categories`;
  const decisions = [
    `column ${show(column)} is read as text, since no other column is left as an input (${way})`,
    ...[...others].map(([name, reason]) => `column ${show(name)} is left out: ${reason}`),
  ];
  return {
    ...table,
    inputs: table.inputs.map((input) => ({ ...input, reason: 'the only column left' })),
    reasons: Object.fromEntries(others),
    decisions: [...table.decisions, ...decisions],
  };
}

async function readColumns(
  request: TableRequest,
  store: ColumnStore,
  open: () => Promise<TableReader>,
): Promise<Table> {
  const { fault } = request;
  let reader = await open();
  try {
    const first = await collectRows(reader, request, store);
    const questions = createFaults();
    const formats = findFormats(first.plan, request, reader.delimiter, questions);
    questions.refuse(fault);
    const marked = markedTargets(first.plan);
    if (formats.size === 0 && marked.size === 0) return build(reader, request, store, first);
    // Only all cells tell how numbers and dates are written, so such a file is read twice.
    reader = await open();
    const again = { ...request, formats, marked };
    return build(reader, again, store, await collectRows(reader, again, store));
  } catch (error) {
    await reader.close?.();
    if (error instanceof RoomError) throw fault(` has ${error.has}, expected ${error.expected}`, error);
    throw error;
  }
}

/** Targets of numbers, of which some cells are marks of gaps. */
const markedTargets = ({ untold }: ColumnPlan): ReadonlySet<string> =>
  new Set(
    untold.flatMap(({ name, collector }) => {
      const { kind, mark } = collector.collected();
      return kind === 'numbers' && mark !== null ? [name] : [];
    }),
  );

/** The table of collected rows. @throws Error naming all faults of the file. */
const build = (reader: TableReader, request: TableRequest, { keep }: ColumnStore, collected: CollectedRows): Table =>
  buildTable(request, collected, reader.findings ?? [], keep);
