import {
  type Cell,
  type CellFormat,
  type ColumnType,
  type LabelList,
  OptionError,
  type TablePreprocessing,
} from '@gradloom/core';
import {
  classesOfProbabilities,
  columnsOfTargets,
  counted,
  isDateFormat,
  isGap,
  isNumberGap,
  labelListOf,
  readNumber,
  show,
} from '@gradloom/core/internal';
import type { TargetKind } from '../../npy-dataset.ts';
import { EMPTY_CELLS, EMPTY_TARGETS, leaveOut, SERIES_GAPS } from '../advice.ts';
import type { TableReader } from '../formats/table-reader.ts';
import type { TableFault } from '../table-faults.ts';
import { splitOf, type TableOptions } from '../table-options.ts';
import {
  answerCheck,
  keyCheck,
  numberCheck,
  targetCheck,
  timeCollector,
  weightCheck,
  withChecks,
} from './cell-checks.ts';
import { type ColumnCollector, createNumberCollector, createTextCollector } from './column-collector.ts';
import { type Role, rolesFor, rolesOf } from './column-roles.ts';
import type { ColumnStore } from './column-store.ts';
import { createUntypedCollector } from './untyped-collector.ts';

/** Far more than any table has: each column needs its own arrays. */
const MAX_COLUMNS = 100_000;

export interface PlannedColumn {
  readonly index: number; // in the file
  readonly name: string;
  readonly title: string; // in messages: 'column 3 ("age")'
  readonly role: Exclude<Role, 'left out'>;
  readonly type: ColumnType | undefined; // as requested
  readonly targetKind: TargetKind | undefined; // of a target, as requested; undefined: decided from the cells
  readonly format: CellFormat | 'any' | undefined; // how its cells are written; undefined: plain
  readonly collector: ColumnCollector;
}

/** A target whose gaps leave the row out. Some marks, such as '-', are gaps among numbers but not among words. */
type RequiredTarget = PlannedColumn & { isGap(cell: Cell): boolean };

/** The role and the collector of each column of a file. */
export interface ColumnPlan {
  readonly width: number; // number of columns in the file
  readonly isNamed: boolean; // the file has column names
  readonly columns: readonly PlannedColumn[];
  /** Empty if a gap in a target is a fault. */
  readonly requiredTargets: readonly RequiredTarget[];
  readonly leftOut: readonly string[];
  /** Names of the classes of targets, by column, where they are not those in the file. */
  readonly classNames: ReadonlyMap<string, readonly string[]>;
  /** The character between the labels of a cell, by the name of a target column that has lists of labels. */
  readonly lists: LabelLists;
}

/** The character between the labels of a cell, by column. */
export type LabelLists = ReadonlyMap<string, LabelList['separator']>;

/** Plans the columns by the names in the file, or by the number of cells in its first row. */
export function planColumns(
  reader: TableReader,
  firstRowCells: number,
  request: TableRequest,
  store: ColumnStore,
): ColumnPlan {
  const { where, options, preprocessing, isPlain, fault } = request;
  const header = reader.names();
  const width = header?.length ?? firstRowCells;
  if (width > MAX_COLUMNS) throw fault(` has ${width} columns, expected at most ${MAX_COLUMNS}`);
  const isNamed = header !== null;
  const names = isNamed
    ? namesOf(header, reader.namesLocation ?? 'the first row', fault)
    : numberedNames(width, preprocessing);
  const split = splitOf(options.split);
  const { hasNewTarget = false } = request;
  const roles =
    preprocessing === null
      ? rolesOf(where, names, isNamed, options)
      : rolesFor(where, preprocessing, names, (problem) => fault(` ${problem}`), options, hasNewTarget);
  const types = typesOf(names, options, preprocessing);
  refuseParts(where, names, roles, types);
  const targetNames = names.filter((_, index) => roles[index] === 'target');
  if (targetNames.length === 0) throw fault(' has no column left for the target, expected one');
  if (!roles.includes('input') && !roles.includes('time'))
    throw fault(` has ${counted(width, 'column')}, expected one or more beside the target`);
  const targetKinds = targetKindsOf(targetNames, types, request);
  const lists = labelListsOf(request);
  const classNames = classNamesOf(targetNames, request);
  const createNumbers = store.createBuffers(width);
  const modelFormats = preprocessing === null ? request.formats : formatsOf(preprocessing);
  const isSeries = roles.includes('time');
  const leavesGapsOut = request.leavesRowsOut && !isSeries;
  // A row of a series without its target is as one that is missing.
  const { gaps = options.seriesGaps, means = options.every !== undefined } = preprocessing?.series ?? {};
  const takesTargetGaps = isSeries && (means || (gaps ?? 'refuse') !== 'refuse');
  const gapAdvice = isSeries && preprocessing === null ? ` (${SERIES_GAPS})` : '';

  function planColumn(name: string, index: number): PlannedColumn[] {
    const role = roles[index];
    if (role === 'left out') return [];
    const isList = role === 'target' && lists.has(name);
    const targetKind = role === 'target' ? targetKinds.get(name) : undefined;
    const isNumeric = role === 'input' ? isPlain : role === 'weight' || targetKind === 'values';
    const isTyped = role === 'input' || role === 'time';
    const isKey = role === 'key' || (role === 'split' && split?.by === 'group');
    let type = isTyped ? types.get(name) : undefined;
    if (isNumeric) type = 'numeric';
    else if (isKey || isList) type = 'categorical';
    const isOfModel = role === 'input' || role === 'time' || (role === 'target' && !hasNewTarget);
    const formats = isOfModel ? modelFormats : request.formats;
    const format: PlannedColumn['format'] = formats === undefined ? 'any' : formats.get(name);
    const title = `column ${index + 1}${isNamed ? ` (${show(name)})` : ''}`;
    const column = {
      index,
      name,
      title,
      role,
      type,
      targetKind,
      format: isPlain || isKey || isList ? undefined : format,
    };
    const cells = createCollector(column);
    const answer = types.get(name) === 'boolean' ? [answerCheck] : [];
    const checks = {
      input: isPlain ? [numberCheck] : [],
      // A row may have no label.
      target:
        isList || takesTargetGaps
          ? []
          : [targetCheck(classNames.get(name), isNumeric ? isNumberGap : isGap, gapAdvice), ...answer],
      weight: [weightCheck],
      key: [keyCheck('series')],
      split: [keyCheck('group')],
    };
    const isTime = role === 'time' || (role === 'split' && !isKey);
    const collector = isTime ? timeCollector(name, cells, column.format) : withChecks(name, cells, checks[role]);
    return [{ ...column, collector }];
  }

  function createCollector({ name, role, type, format }: Omit<PlannedColumn, 'collector'>): ColumnCollector {
    if (type === 'text' || type === 'image')
      return createTextCollector(name, type, options.missing === 'drop' || takesGaps(name, type), createNumbers);
    const isPlainFormat = format === undefined || format === 'any';
    const cellType = isPlainFormat ? type : isDateFormat(format) ? 'date' : 'numeric';
    const advice = adviceFor(name, role);
    if (cellType !== undefined && cellType !== 'categorical')
      return createNumberCollector(name, cellType, format, advice, createNumbers);
    const keepsAllWords = role === 'target' || type === 'categorical';
    return createUntypedCollector(
      { name, isCategorical: cellType === 'categorical', findsFormat: format === 'any', advice, keepsAllWords },
      createNumbers,
    );
  }

  /** Whether a column of texts takes gaps: beside other columns, or where those of a model had some. */
  function takesGaps(name: string, type: ColumnType): boolean {
    if (type === 'image') return false;
    if (preprocessing === null) return roles.filter((role) => role === 'input').length > 1;
    return preprocessing.columns.some((column) => column.name === name && column.type === 'text' && column.gaps);
  }

  /** Advice on cells that do not fit the column. */
  function adviceFor(name: string, role: Role): string {
    if (role === 'target' && options.targets === 'inputs') return leaveOut(name);
    if (role === 'target') return leavesGapsOut ? EMPTY_TARGETS : '';
    if (role !== 'input' || isPlain) return '';
    return preprocessing === null ? `${EMPTY_CELLS}, ${leaveOut(name)}` : EMPTY_CELLS;
  }

  const columns = names.flatMap(planColumn);
  const targets = leavesGapsOut ? columns.filter(({ role, name }) => role === 'target' && !lists.has(name)) : [];
  return {
    width,
    isNamed,
    columns,
    requiredTargets: targets.map((target): RequiredTarget => {
      const { name, type, format } = target;
      const hasNumberFormat = typeof format === 'object' && !isDateFormat(format);
      const areNumbers =
        type === 'numeric' || hasNumberFormat || classNames.get(name)?.every((word) => readNumber(word) !== undefined);
      return { ...target, isGap: areNumbers || request.markedTargets?.has(name) ? isNumberGap : isGap };
    }),
    leftOut: names.filter((_, index) => roles[index] === 'left out'),
    classNames,
    lists,
  };
}

/** The lists of labels of a model, or those that were found in an earlier reading. */
function labelListsOf({ preprocessing, hasNewTarget, lists = new Map() }: TableRequest): LabelLists {
  if (preprocessing === null || hasNewTarget) return lists;
  const modelLists = preprocessing.target.map(labelListOf).filter((list) => list !== undefined);
  return new Map(modelLists.map(({ column, separator }) => [column, separator]));
}

/** @throws OptionError for a column of texts or images that is no input, or one of a series. */
function refuseParts(
  where: string,
  names: readonly string[],
  roles: readonly Role[],
  types: ReadonlyMap<string, ColumnType>,
): void {
  const isSeries = roles.includes('time');
  const index = roles.findIndex((role, n) => {
    const type = types.get(names[n]);
    return role !== 'left out' && (type === 'text' || type === 'image') && (role !== 'input' || isSeries);
  });
  if (index === -1) return;
  const role = roles[index];
  const advice = role === 'target' ? ' (--target names another column)' : '';
  const why =
    role === 'input' ? ' in a series, whose inputs are numbers and categories' : `: it is the ${role}${advice}`;
  const problem = `has ${types.get(names[index])} for ${show(names[index])}, expected another type${why}`;
  throw new OptionError(where, ['columns', 'dataset'], problem, { about: 'columns' });
}

/** The requested kind of each target; undefined if it is decided from the cells. */
function targetKindsOf(
  names: readonly string[], // target columns
  types: ReadonlyMap<string, ColumnType>,
  { options, preprocessing, isPlain, hasNewTarget }: TableRequest,
): ReadonlyMap<string, TargetKind | undefined> {
  const kindOf = (name: string): TargetKind | undefined => {
    if (options.series !== undefined || preprocessing?.series !== undefined || options.targets === 'inputs')
      return 'values';
    if (options.targets === 'probabilities' || (!hasNewTarget && classesOfProbabilities(preprocessing?.target)))
      return 'values';
    const type = types.get(name);
    const byType = type && (type === 'numeric' ? 'values' : 'classes');
    const decoding = hasNewTarget ? undefined : preprocessing?.target.find((target) => target.name === name);
    return decoding?.type ?? options.targets ?? byType ?? (isPlain && names.length > 1 ? 'values' : undefined);
  };
  return new Map(names.map((name) => [name, kindOf(name)]));
}

/** The class names of targets that are known in advance. @throws OptionError for names of several targets. */
function classNamesOf(
  names: readonly string[], // target columns
  { where, options, preprocessing, hasNewTarget }: TableRequest,
): ReadonlyMap<string, readonly string[]> {
  const decodings = hasNewTarget ? [] : (preprocessing?.target ?? []);
  const labels = new Map(
    decodings.flatMap((target) =>
      target.type === 'classes' && target.list === undefined ? [[target.name, target.labels] as const] : [],
    ),
  );
  const { classNames } = options;
  if (classNames === undefined || labels.size > 0) return labels;
  if (names.length === 1) return new Map([[names[0], classNames]]);
  throw new OptionError(where, 'classNames', `has ${show(classNames)}, expected none: there are several targets`);
}

/** How the cells of a model's columns are written, where they are not plain. */
function formatsOf({ columns, target, series }: TablePreprocessing): ReadonlyMap<string, CellFormat> {
  const formats = new Map<string, CellFormat>();
  const add = (name: string, format: CellFormat | undefined) => format !== undefined && formats.set(name, format);
  for (const column of columns) if ('format' in column) add(column.name, column.format);
  for (const decoding of target) if (decoding.type === 'values') add(decoding.name, decoding.format);
  if (series !== undefined) add(series.time, series.format);
  return formats;
}

function typesOf(
  names: readonly string[],
  { columns = {} }: TableOptions,
  preprocessing: TablePreprocessing | null,
): ReadonlyMap<string, ColumnType> {
  if (preprocessing !== null) {
    const { columns, series } = preprocessing;
    const types = new Map(columns.map(({ name, type }) => [name, type]));
    return series === undefined ? types : types.set(series.time, series.step.unit === 'numbers' ? 'numeric' : 'date');
  }
  const byName = (key: string): string => (names.includes(key) ? key : (names[Number(key) - 1] ?? key));
  return new Map(Object.entries(columns).map(([key, type]) => [byName(key), type]));
}

/** Names for columns without any: numbers from 1, or the names of a model's columns in order, with the target last. */
function numberedNames(width: number, preprocessing: TablePreprocessing | null): readonly string[] {
  const { columns = [], target = [] } = preprocessing ?? {};
  const columnNames = [...columns.map(({ name }) => name), ...columnsOfTargets(target)];
  return columnNames.length === width ? columnNames : Array.from({ length: width }, (_, index) => String(index + 1));
}

/** The column names. @throws Error of `fault` for a name that occurs twice. */
function namesOf(header: readonly string[], location: string, fault: TableFault): readonly string[] {
  const names = header.map((name, index) => (name.trim() === '' ? `column ${index + 1}` : name.trim()));
  const indices = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const first = indices.get(name);
    if (first !== undefined) {
      const twice = `the name ${show(name)} in columns ${first + 1} and ${index + 1}`;
      throw fault(`: ${location} has ${twice}, expected each name once (rename one in the file)`);
    }
    indices.set(name, index);
  }
  return names;
}

/** A table to read, and its purpose. */
export interface TableRequest {
  /** The called function, for messages. */
  readonly where: string;
  readonly path: string;
  /** Checked options, without undefined ones. */
  readonly options: TableOptions;
  /** Preprocessing of the model that reads the table; null if types are found from the cells. */
  readonly preprocessing: TablePreprocessing | null;
  /** Whether the target is another than that of the model, so that the options and the cells say what it is. */
  readonly hasNewTarget?: boolean | undefined;
  /** Inputs are numbers without gaps, and a numeric target holds values. */
  readonly isPlain: boolean;
  /** Rows without a target, and notes and totals at the end, are left out: only `readTable` says which these were. */
  readonly leavesRowsOut: boolean;
  /** How the cells of columns are written, where they are not plain. @default found from all cells */
  readonly formats?: ReadonlyMap<string, CellFormat>;
  /** Numeric targets with marks such as '-', which are gaps; absent in the first reading, which finds them. */
  readonly markedTargets?: ReadonlySet<string>;
  /** Targets of lists of labels; absent in the first reading, which finds them. */
  readonly lists?: LabelLists;
  readonly fault: TableFault;
  /** Opens the table: again for each reading. */
  open(): Promise<TableReader>;
}
