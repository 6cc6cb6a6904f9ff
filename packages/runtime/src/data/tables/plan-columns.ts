import {
  type Cell,
  CellError,
  type CellFormat,
  type ColumnType,
  OptionError,
  type TablePreprocessing,
} from '@gradloom/core';
import {
  cellReader,
  counted,
  isGap,
  isNumberGap,
  listed,
  readBoolean,
  readCategory,
  readNumber,
  show,
} from '@gradloom/core/internal';
import type { TargetKind } from '../npy-dataset.ts';
import { classNamer } from './answer-classes.ts';
import {
  type ColumnCollector,
  createCollector,
  createTextCollector,
  flagWord,
  GAPS,
  leaveOut,
  NO_ROWS,
} from './column-collector.ts';
import { type Role, rolesFor, rolesOf } from './column-roles.ts';
import type { ColumnStore } from './column-store.ts';
import { isSomeDate, isSomeNumber } from './format-finder.ts';
import { splitOf, type TableOptions } from './table-options.ts';
import type { TableReader } from './table-reader.ts';
import type { TableRequest } from './table-request.ts';

/** Far more than any table has: each column needs its own arrays. */
const MOST_COLUMNS = 100_000;

/** A column to read. */
export interface Reading {
  readonly at: number; // its index in the file
  readonly name: string;
  readonly role: Exclude<Role, 'left out'>;
  readonly type: ColumnType | undefined; // as requested
  readonly format: CellFormat | 'any' | undefined; // how its cells are written; undefined: plain
  readonly collector: ColumnCollector;
}

/** A target, and which of its cells are gaps: some marks are so among numbers alone. */
export interface Untold extends Pick<Reading, 'at' | 'name' | 'collector'> {
  isGap(cell: Cell): boolean;
}

/** What to do with each column of a file. */
export interface ColumnPlan {
  readonly width: number; // number of columns in the file
  readonly isNamed: boolean; // the file has column names
  readonly readings: readonly Reading[];
  /** The targets without which a row is left out; in other tables a gap in a target is a fault. */
  readonly untold: readonly Untold[];
  readonly leftOut: readonly string[];
  readonly known: readonly string[] | undefined; // class names
  readonly targets: TargetKind | undefined; // undefined: decided from the cells
}

/** Plans the columns by the names in the file, or by the number of cells in its first row. */
export function planColumns(reader: TableReader, first: number, request: TableRequest, store: ColumnStore): ColumnPlan {
  const { where, options, preprocessing, isPlain, fault } = request;
  const found = reader.names();
  const isNamed = found !== null;
  const width = found?.length ?? first;
  if (width > MOST_COLUMNS) throw fault(` has ${width} columns, expected at most ${MOST_COLUMNS}`);
  const names = isNamed ? namesOf(found, reader.namesPlace ?? 'the first row', fault) : placesOf(width, preprocessing);
  const split = splitOf(options.split);
  const splitBy = split !== undefined && 'column' in split ? split.column : undefined;
  const roles =
    preprocessing === null
      ? rolesOf(where, names, isNamed, options)
      : rolesFor(preprocessing, names, (problem) => fault(` ${problem}`), true, splitBy);
  const types = typesOf(names, options, preprocessing);
  refuseBesideTexts(where, names, roles, types);
  const targetNames = names.filter((_, at) => roles[at] === 'target');
  if (targetNames.length === 0) throw fault(' has no column left for the target, expected one');
  if (!roles.includes('input') && !roles.includes('time'))
    throw fault(` has ${counted(width, 'column')}, expected one or more beside the target`);
  const targets = targetKindOf(targetNames, types, request);
  const known = preprocessing === null ? options.classNames : (labelsOf(preprocessing) ?? options.classNames);
  const create = store.collecting(width);
  const own = preprocessing === null ? request.formats : formatsOf(preprocessing);
  const formatOf = (name: string, role: Role) => {
    if (isPlain || role === 'key' || (role === 'split' && split?.by === 'group')) return undefined;
    const known = role === 'split' ? request.formats : own;
    return known === null ? 'any' : known.get(name);
  };
  // A series needs all of its rows, and only a table that was read from a file says what was left out.
  const leavesOut = where === 'readTable' && !isPlain && !roles.includes('time');
  const waysFor = (name: string, role: Role): string => {
    if (role === 'target') return leavesOut ? NO_ROWS : '';
    if (role !== 'input' || isPlain) return '';
    return preprocessing === null ? `${GAPS}, ${leaveOut(name)}` : GAPS;
  };
  const readings = names.flatMap((name, at): Reading[] => {
    const role = roles[at];
    if (role === 'left out') return [];
    const isNumeric = role === 'input' ? isPlain : role === 'weight' || (role === 'target' && targets === 'values');
    const isTyped = role === 'input' || role === 'time';
    const isKey = role === 'key' || (role === 'split' && split?.by === 'group');
    const type = isNumeric ? 'numeric' : isKey ? 'categorical' : isTyped ? types.get(name) : undefined;
    const format = formatOf(name, role);
    const found = format === undefined || format === 'any' ? type : 'order' in format ? 'date' : 'numeric';
    const keepsAll = role === 'target' || type === 'categorical';
    const cells =
      type === 'text'
        ? createTextCollector(name, options.missing === 'drop', create)
        : createCollector({ name, type: found, format, ways: waysFor(name, role), keepsAll }, create);
    const collectors: Readonly<Record<typeof role, () => ColumnCollector>> = {
      input: () => (isPlain ? checkedNumbers(name, cells) : cells),
      target: () =>
        checkedTarget(
          name,
          types.get(name) === 'boolean' ? checkedAnswers(name, cells) : cells,
          known,
          isNumeric ? isNumberGap : isGap,
        ),
      weight: () => checkedWeights(name, cells),
      time: () => checkedTimes(name, cells, format),
      key: () => checkedKeys(name, cells, 'series'),
      split: () => (isKey ? checkedKeys(name, cells, 'group') : checkedTimes(name, cells, format)),
    };
    return [{ at, name, role, type, format, collector: collectors[role]() }];
  });
  return {
    ...{ width, isNamed, readings, known, targets },
    untold: (leavesOut ? readings : []).flatMap((reading): Untold[] => {
      const { role, name, type, format } = reading;
      const areNumbers =
        type === 'numeric' || (typeof format === 'object' && !('order' in format)) || known?.every(isNumber);
      return role === 'target'
        ? [{ ...reading, isGap: areNumbers || request.marked?.has(name) ? isNumberGap : isGap }]
        : [];
    }),
    leftOut: names.filter((_, at) => roles[at] === 'left out'),
  };
}

/** @throws OptionError for a column of texts that is not the only input. */
function refuseBesideTexts(
  where: string,
  names: readonly string[],
  roles: readonly Role[],
  types: ReadonlyMap<string, ColumnType>,
): void {
  const at = roles.findIndex((role, at) => role !== 'left out' && types.get(names[at]) === 'text');
  if (at === -1) return;
  const refuse = (wanted: string): never => {
    throw new OptionError(where, ['columns', 'dataset'], `has text for ${show(names[at])}, expected ${wanted}`, {
      about: 'columns',
    });
  };
  if (roles[at] !== 'input')
    refuse(`another type: it is the ${roles[at]}${roles[at] === 'target' ? ' (--target names another column)' : ''}`);
  if (roles.includes('time')) refuse('another type in a series, whose inputs are numbers and categories');
  const others = names.filter((_, n) => roles[n] === 'input' && n !== at);
  if (others.length === 0) return;
  const known = listed(others.map(show), 5);
  const flag = others.length <= 5 ? `--drop ${others.map(flagWord).join(',')}` : '--drop';
  refuse(`a text as the only input, without ${known} (${flag} leaves ${others.length === 1 ? 'it' : 'them'} out)`);
}

/**
 * The requested kind of targets; undefined if it is decided from the cells. @throws OptionError for classes in several
 * columns.
 */
function targetKindOf(
  names: readonly string[], // target columns
  types: ReadonlyMap<string, ColumnType>,
  { where, options, preprocessing }: TableRequest,
): TargetKind | undefined {
  if (options.series !== undefined || preprocessing?.series !== undefined) return 'values';
  const type = types.get(names[0]);
  const byType = type && (type === 'numeric' ? 'values' : 'classes');
  const asked = preprocessing?.target[0]?.type ?? options.targets ?? byType;
  if (names.length === 1) return asked;
  if (asked !== 'classes') return 'values';
  throw new OptionError(where, 'targets', 'has classes, expected values (there are several target columns)');
}

function labelsOf({ target: [first] }: TablePreprocessing): readonly string[] | undefined {
  return first?.type === 'classes' ? first.labels : undefined;
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

/** The requested types by column name. */
function typesOf(
  names: readonly string[],
  { columns = {} }: TableOptions,
  preprocessing: TablePreprocessing | null,
): ReadonlyMap<string, ColumnType> {
  if (preprocessing !== null) {
    const { columns, series } = preprocessing;
    const all = new Map(columns.map(({ name, type }) => [name, type]));
    return series === undefined ? all : all.set(series.time, series.step.unit === 'numbers' ? 'numeric' : 'date');
  }
  const byName = (key: string): string => (names.includes(key) ? key : (names[Number(key) - 1] ?? key));
  return new Map(Object.entries(columns).map(([key, type]) => [byName(key), type]));
}

/** Names for columns without any: numbers from 1, or the names of a model's columns in order, with the target last. */
function placesOf(width: number, preprocessing: TablePreprocessing | null): readonly string[] {
  const own = preprocessing === null ? [] : [...preprocessing.columns, ...preprocessing.target];
  return own.length === width ? own.map(({ name }) => name) : Array.from({ length: width }, (_, at) => String(at + 1));
}

/** The column names. @throws Error of `fault` for a name that occurs twice. */
function namesOf(found: readonly string[], place: string, fault: TableRequest['fault']): readonly string[] {
  const names = found.map((name, at) => (name.trim() === '' ? `column ${at + 1}` : name.trim()));
  const places = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    const other = places.get(name);
    if (other !== undefined) {
      const twice = `the name ${show(name)} in columns ${other + 1} and ${at + 1}`;
      throw fault(`: ${place} has ${twice}, expected each name once (rename one in the file)`);
    }
    places.set(name, at);
  }
  return names;
}

const isNumber = (word: string): boolean => readNumber(word) !== undefined;

/** Adds a check of each cell to a collector. */
const checking = (collector: ColumnCollector, check: (cell: Cell) => void): ColumnCollector => ({
  ...collector,
  add(cell, place) {
    check(cell);
    collector.add(cell, place);
  },
});

/** Collects a target: gaps of rows that are not left out are refused, and so are classes that are not among `known`. */
function checkedTarget(
  name: string,
  collector: ColumnCollector,
  known: readonly string[] | undefined,
  isMissing: (cell: Cell) => boolean,
): ColumnCollector {
  const classes = known && new Set(known);
  const nameOf = classNamer(known ?? []);
  return checking(collector, (cell) => {
    if (isMissing(cell)) throw new CellError(name, 'has a gap, expected the target of the row');
    if (classes === undefined || classes.has(nameOf(readCategory(cell)))) return;
    throw new CellError(name, `has ${show(cell)}, expected one of ${listed([...classes])}`);
  });
}

/** Collects the cells of a target that was said to be boolean. */
const checkedAnswers = (name: string, collector: ColumnCollector): ColumnCollector =>
  checking(collector, (cell) => {
    if (readBoolean(cell) === undefined) throw new CellError(name, `has ${show(cell)}, expected true or false`);
  });

/** Collects plain numbers; gaps are refused because nothing fills them in. */
const checkedNumbers = (name: string, collector: ColumnCollector): ColumnCollector =>
  checking(collector, (cell) => {
    if (isNumberGap(cell))
      throw new CellError(name, 'has a gap, expected a number (readTable and splitTable fill gaps)');
  });

/** A month such as 1949-01, which only the time of a series may be: elsewhere it is a word. */
const MONTH = /^\s*\d{4}-\d\d\s*$/;

/** Collects times: dates or numbers. A month is its first day. */
function checkedTimes(
  name: string,
  collector: ColumnCollector,
  format: CellFormat | 'any' | undefined,
): ColumnCollector {
  const isTime = (cell: Cell): boolean => {
    if (format === 'any') return isSomeNumber(cell) || isSomeDate(cell);
    return (['numeric', 'date'] as const).some((type) => cellReader(type, format).read(cell) !== undefined);
  };
  return {
    ...collector,
    add(cell, place) {
      const time = typeof cell === 'string' && MONTH.test(cell) ? `${cell.trim()}-01` : cell;
      if (isGap(time) || !isTime(time)) {
        const has = isGap(cell) ? 'a gap' : show(cell);
        throw new CellError(
          name,
          `has ${has}, expected the time of the row: a number, or a date such as 2024-12-31 or 2024-12`,
        );
      }
      collector.add(time, place);
    },
  };
}

/** Collects the names of series or groups. */
const checkedKeys = (name: string, collector: ColumnCollector, what: 'series' | 'group'): ColumnCollector =>
  checking(collector, (cell) => {
    if (isGap(cell)) throw new CellError(name, `has a gap, expected the ${what} of the row`);
  });

/** Collects weights: numbers of at least 0. */
const checkedWeights = (name: string, collector: ColumnCollector): ColumnCollector =>
  checking(collector, (cell) => {
    if (!isNumberGap(cell) && !(Number(cell) < 0)) return;
    throw new CellError(name, `has ${isNumberGap(cell) ? 'a gap' : show(cell)}, expected a weight of at least 0`);
  });
