import { type NamedRow, OptionError, type TablePreprocessing } from '@gradloom/core';
import { checkList, checkObject, checkTablePreprocessing, show, showPath } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { RoomError } from '../../system/memory/memory-room.ts';
import { leaveOut, readAsCategories } from './advice.ts';
import { buildTable } from './build-table.ts';
import { collectRows } from './collect-rows.ts';
import { type ColumnStore, memoryStore } from './columns/column-store.ts';
import type { ColumnPlan, TableRequest } from './columns/plan-columns.ts';
import { openTable } from './formats/index.ts';
import { openJsonRows } from './formats/json-rows.ts';
import type { TableReader } from './formats/table-reader.ts';
import { readColumnImages } from './image-column.ts';
import { findFormats } from './sniffers/cell-formats.ts';
import { describeExclusion, PartsFound } from './sniffers/exclusions.ts';
import { findLabelLists } from './sniffers/label-lists.ts';
import type { Table } from './table.ts';
import { openTableCache } from './table-cache.ts';
import { createFaults, type TableFault } from './table-faults.ts';
import { type TableOptions, tableOptions } from './table-options.ts';
import { isBundledTable } from './table-path.ts';

export type OpenFile = (path: string, options: TableOptions) => Promise<TableReader>;
const fromFile = { isPlain: false, leavesRowsOut: true } as const;

/**
 * Reads a table into memory, one typed array per column, or with `stream` into a cache next to the file. Types are
 * found from all rows and reported with their reasons.
 * @throws Error naming the file, line and column of a problem; OptionError for an option that does not fit the file.
 */
export const readTable = (path: string, options: TableOptions = {}): Promise<Table> =>
  readPath(path, options, { ...fromFile, where: 'readTable', preprocessing: null });

/**
 * Reads the columns that a model was trained with, with the types of that time. With `hasNewTarget` the
 * target is that of the options.
 * @throws Error as `readTable` does, and for a missing column.
 */
export async function readTableAs(
  path: string,
  preprocessing: TablePreprocessing,
  options: TableOptions = {},
  hasNewTarget = false,
): Promise<Table> {
  const checked = checkTablePreprocessing('readTableAs', preprocessing);
  return readPath(path, options, { ...fromFile, where: 'readTableAs', preprocessing: checked, hasNewTarget });
}

/**
 * Reads a table of plain numbers: its inputs are numbers without gaps, and a numeric target holds values.
 * @throws Error as `readTable` does.
 */
export const readPlainTable = (where: string, path: string, options: TableOptions, open?: OpenFile): Promise<Table> =>
  readPath(path, options, { where, preprocessing: null, isPlain: true, leavesRowsOut: false }, open);

/** Makes a table of objects by column name, perhaps with the columns of a model. Messages begin with `where`. */
export async function readObjects(
  where: string,
  rows: readonly NamedRow[],
  options: TableOptions,
  model: Pick<TableRequest, 'preprocessing' | 'hasNewTarget'> = { preprocessing: null },
): Promise<Table> {
  const objects = checkList<NamedRow>(where, 'rows', rows, 'a list of objects');
  const fault: TableFault = (problem, cause) => new Error(`${where}: rows${problem}`, { cause });
  const open = () =>
    openJsonRows(
      {},
      (problem) => fault(`: ${problem}`),
      async function* () {
        yield objects.map((value, n) => ({ location: `row ${n}`, value }));
      },
    );
  const purpose = { where, ...model, isPlain: false, leavesRowsOut: false };
  return readRows({ ...purpose, path: 'rows', options: definedOptions(options), fault, open }, memoryStore);
}

async function readPath(
  path: string,
  unchecked: TableOptions,
  purpose: Pick<TableRequest, 'where' | 'preprocessing' | 'hasNewTarget' | 'isPlain' | 'leavesRowsOut'>,
  openFile: OpenFile = openTable,
): Promise<Table> {
  const { where, preprocessing } = purpose;
  checkPath(where, path);
  // Bundled tables have no ramps by default: courses follow their few numbers through a network.
  const options = { ...definedOptions(unchecked), ramps: unchecked.ramps ?? !isBundledTable(path) };
  const fault = faultOf(where, path);
  if (preprocessing === null) checkSequenceOptions(where, options);
  const modelTypes = preprocessing?.columns.map(({ type }) => type);
  if (modelTypes !== undefined || options.stream) refuseImageOptions(where, options, modelTypes);
  const request: TableRequest = { ...purpose, path, options, fault, open: () => openFile(path, options) };
  if (options.stream !== true) return readRows(request, memoryStore);
  const cellPreprocessing = preprocessing && (purpose.hasNewTarget ? { ...preprocessing, target: [] } : preprocessing);
  return openTableCache(path, options, cellPreprocessing, fault, (store) => readRows(request, store));
}

const faultOf =
  (where: string, path: string): TableFault =>
  (problem, cause) =>
    new Error(`${where}: ${showPath(path)}${problem}`, { cause });

const seriesOptions = ['seriesKey', 'horizon', 'every', 'seriesGaps'] as const;

/** @throws OptionError for an option that needs a series or a column of texts, or does not fit one. */
function checkSequenceOptions(where: string, options: TableOptions): void {
  const { series, columns = {}, target, targets, missing, weightColumn, stream } = options;
  const refuse = (name: string, value: unknown, expected: string): never => {
    throw new OptionError(where, name, `has ${show(value)}, expected ${expected}`);
  };
  const isText = Object.values(columns).includes('text');
  const refuseAny = (
    names: readonly ((typeof seriesOptions)[number] | 'context' | 'tokenizer')[],
    expected: string,
  ): void => {
    const name = names.find((name) => options[name] !== undefined);
    if (name !== undefined) refuse(name, options[name], expected);
  };
  if (!isText) refuseAny(['tokenizer'], 'none without a column of type text');
  if (isText && stream) refuse('stream', stream, 'none: the texts of a column are held in memory');
  if (targets === 'inputs') {
    const stray = (['target', 'series'] as const).find((name) => options[name] !== undefined);
    if (stray !== undefined) refuse(stray, options[stray], 'none with targets inputs: each row is its own target');
  }
  if (targets === 'probabilities') {
    if (series !== undefined) refuse('series', series, 'none with targets probabilities');
    if (!(Array.isArray(target) && target.length > 1))
      refuse('targets', targets, 'two target columns or more with it, one for each class');
    if (options.targetTransform === 'log') refuse('targetTransform', 'log', 'none with targets probabilities');
  }
  if (series === undefined) {
    const names = [...seriesOptions, ...(isText ? [] : (['context'] as const))] as const;
    refuseAny(names, 'none without series, the column with the time of a row');
    return;
  }
  if (typeof target === 'object' && target.length > 1) refuse('target', target, 'one column to forecast');
  if (targets === 'classes') refuse('targets', targets, 'values: windows of a series forecast numbers');
  if (weightColumn !== undefined) refuse('weightColumn', weightColumn, 'none: windows of a series count the same');
  if (missing === 'drop') refuse('missing', missing, 'impute: a series without some of its rows has gaps in time');
  if (stream) refuse('stream', stream, 'none: windows of a series are views of rows in memory');
}

/** @throws OptionError for an option of images without a column of them, and for streamed rows with parts. */
function refuseImageOptions(where: string, options: TableOptions, types = Object.values(options.columns ?? {})): void {
  const hasImages = types.includes('image');
  const isInMemory = hasImages || (types.length > 1 && types.includes('text'));
  if (isInMemory && options.stream) {
    const expected = `none: the ${hasImages ? 'images' : 'texts'} of a column are held in memory`;
    throw new OptionError(where, 'stream', `has true, expected ${expected}`);
  }
  const name = (['size', 'channels', 'bits'] as const).find((option) => options[option] !== undefined);
  if (name === undefined || hasImages) return;
  throw new OptionError(where, name, `has ${show(options[name])}, expected none without a column of type image`);
}

/** Reads rows for a model of a series from an open table, with the types of its training. `path` names it. */
export async function readRowsAs(path: string, reader: TableReader, encoding: TablePreprocessing): Promise<Table> {
  const where = 'readRowsAs';
  checkPath(where, path);
  const expected = 'one that openTable opened';
  if (typeof checkObject(where, 'reader', reader, expected).names !== 'function') {
    throw new OptionError(where, 'reader', `has ${show(reader)}, expected ${expected}`);
  }
  const preprocessing = checkTablePreprocessing(where, encoding);
  const fault = faultOf(where, path);
  const request = { ...fromFile, where, path, options: {}, preprocessing, fault, open: async () => reader };
  try {
    return buildTable(request, await collectRows(reader, request, memoryStore), reader, memoryStore);
  } catch (error) {
    await reader.close?.();
    throw error;
  }
}

/** The checked options, without undefined ones. */
const definedOptions = (options: TableOptions): TableOptions =>
  Object.fromEntries(Object.entries(tableOptions.read(options)).filter(([, value]) => value !== undefined));

async function readRows(request: TableRequest, store: ColumnStore): Promise<Table> {
  const table = await readColumns(request, store).catch((error: unknown) => {
    if (!(error instanceof PartsFound)) throw error;
    return readParts(request, store, error);
  });
  const types = table.inputs.map(({ type }) => type);
  refuseImageOptions(request.where, request.options, types);
  return table;
}

/** Reads columns whose cells were found to be texts or to name images, or a text that is all that a table has left. */
async function readParts(request: TableRequest, store: ColumnStore, { parts, others }: PartsFound): Promise<Table> {
  const { columns, drop = [] } = request.options;
  const types = Object.fromEntries([...parts].map(([name, { type }]) => [name, type]));
  if (request.options.stream) refuseImageOptions(request.where, { stream: true }, Object.values(types));
  const options: TableOptions = {
    ...request.options,
    columns: { ...columns, ...types },
    // A row without text says nothing if the text is all that it has.
    ...(others === null ? {} : { drop: [...drop, ...others.keys()], missing: 'drop' as const }),
  };
  const table = await readColumns({ ...request, options }, store);
  const reasons = [...(others ?? [])].map(([name, exclusion]) => [name, describeExclusion(exclusion)] as const);
  return {
    ...table,
    inputs: table.inputs.map((input) => ({ ...input, reason: parts.get(input.name)?.reason ?? input.reason })),
    reasons: { ...table.reasons, ...Object.fromEntries(reasons) },
    decisions: [
      ...table.decisions,
      ...[...parts].map(([name, { type, reason }]) => {
        const why = others === null ? `: ${reason}` : ', since no other column is left as an input';
        const advice = others === null ? `${readAsCategories(name)}, ${leaveOut(name)}` : readAsCategories(name);
        return `column ${show(name)} is read as ${type}${why} (${advice})`;
      }),
      ...reasons.map(([name, reason]) => `column ${show(name)} is left out: ${reason}`),
    ],
  };
}

async function readColumns(request: TableRequest, store: ColumnStore): Promise<Table> {
  const { fault, open } = request;
  let reader = await open();
  try {
    const collectedRows = await collectRows(reader, request, store);
    const questions = createFaults();
    const formats = findFormats(collectedRows.plan, request.options, reader.delimiter, questions);
    questions.throwIfAny(fault);
    const markedTargets = targetsWithMarks(collectedRows.plan);
    const lists = findLabelLists(collectedRows.plan, collectedRows.listTargets, request);
    if (formats.size === 0 && markedTargets.size === 0 && lists.size === 0)
      return await readColumnImages(buildTable(request, collectedRows, reader, store), request);
    // Only all cells tell how numbers, dates and lists are written, so such a file is read twice.
    reader = await open();
    const formattedRequest = { ...request, formats, markedTargets, lists };
    const table = buildTable(formattedRequest, await collectRows(reader, formattedRequest, store), reader, store);
    return await readColumnImages(table, request);
  } catch (error) {
    await reader.close?.();
    if (error instanceof RoomError) throw fault(` has ${error.has}, expected ${error.expected}`, error);
    throw error;
  }
}

/** Targets of numbers, of which some cells are marks of gaps. */
function targetsWithMarks({ requiredTargets }: ColumnPlan): ReadonlySet<string> {
  const markedTargets = requiredTargets.filter(({ collector }) => {
    const { kind, gapMark } = collector.collected();
    return kind === 'numbers' && gapMark !== null;
  });
  return new Set(markedTargets.map(({ name }) => name));
}
