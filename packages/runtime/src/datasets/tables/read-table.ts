import { statSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type Cell,
  CellError,
  type ColumnType,
  checkPreprocessing,
  OptionError,
  type Preprocessing,
} from '@gradloom/core';
import { counted, isGap, readCategory, show } from '@gradloom/core/internal';
import { checkPath } from '../../files/check-path.ts';
import { RoomError } from '../../memory/memory-room.ts';
import type { TargetKind } from '../npy-dataset.ts';
import { type ColumnCollector, createCollector } from './column-collector.ts';
import { type Role, rolesFor, rolesOf } from './column-roles.ts';
import { type ColumnStore, memoryStore } from './column-store.ts';
import { columnWarnings } from './column-warnings.ts';
import { findTarget } from './find-target.ts';
import { ColumnError, columnOf } from './find-type.ts';
import { leaveGapsOut } from './leave-gaps-out.ts';
import type { Table, TableColumn } from './table.ts';
import { openTableCache } from './table-cache.ts';
import { tableFormatOf, tableFormats } from './table-formats.ts';
import { type TableOptions, tableOptions } from './table-options.ts';
import type { TableReader } from './table-reader.ts';

/** Far more than any table has: each column has arrays of its own. */
const MOST_COLUMNS = 100_000;

/**
 * Reads a table into memory, a typed array a column, or into a cache beside it with `stream`. The types are found from
 * all rows, and shown with their reasons.
 * @throws Error naming the file, line and column of a problem; OptionError for an option that does not fit the file.
 */
export const readTable = (path: string, options: TableOptions = {}): Promise<Table> =>
  read(path, options, { where: 'readTable', preprocessing: null, isPlain: false });

/**
 * Reads the columns that a model was trained with, as they were read then.
 * @throws Error likewise, and for a column that is missing.
 */
export const readTableAs = async (
  path: string,
  preprocessing: Preprocessing,
  options: TableOptions = {},
): Promise<Table> => {
  const checked = checkPreprocessing('readTableAs', preprocessing);
  return read(path, options, { where: 'readTable', preprocessing: checked, isPlain: false });
};

/**
 * Reads a table of plain numbers: its inputs are numbers without gaps, and numbers of its target are values.
 * @throws Error likewise.
 */
export const readPlainTable = (where: string, path: string, options: TableOptions): Promise<Table> =>
  read(path, options, { where, preprocessing: null, isPlain: true });

/** What a table is read for. */
interface Purpose {
  readonly where: string;
  readonly preprocessing: Preprocessing | null; // of the model that reads it
  readonly isPlain: boolean;
}

async function read(path: string, given: TableOptions, purpose: Purpose): Promise<Table> {
  const { where } = purpose;
  checkPath(where, path);
  const options = withoutUndefined(tableOptions.read(given));
  const fault = (problem: string, cause?: unknown) => new Error(`${where}: ${path} ${problem}`, { cause });
  const { preprocessing } = purpose;
  if (options.stream === true) {
    return openTableCache(path, options, preprocessing, fault, (store) => readRows(path, options, purpose, store));
  }
  return readRows(path, options, purpose, memoryStore);
}

async function readRows(path: string, options: TableOptions, purpose: Purpose, store: ColumnStore): Promise<Table> {
  const { where } = purpose;
  const fault = (problem: string, cause?: unknown) => new Error(`${where}: ${path} ${problem}`, { cause });
  // A file of CSV may have any name where it is said to be one.
  const reader = await (where === 'loadCsv' ? tableFormats.csv.open(path, options) : openTable(path, options));
  try {
    return await collect(path, reader, options, purpose, store);
  } catch (error) {
    await reader.close?.();
    if (error instanceof RoomError) throw fault(`has ${error.has}, expected ${error.expected}`, error);
    throw error;
  }
}

/** Opens a table in the format that its name says. @throws Error naming the path. */
export async function openTable(path: string, options: TableOptions = {}): Promise<TableReader> {
  checkPath('openTable', path);
  tableOptions.read(options);
  const format = tableFormatOf(path);
  if (format !== undefined) return format.open(path, options);
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined;
  const known = Object.values(tableFormats).map(({ title }) => title);
  throw new Error(`readTable: ${path} ${exists ? 'is no table' : 'does not exist'}, expected ${known.join(', or ')}`);
}

const withoutUndefined = (options: object): TableOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** A column that is read. */
interface Reading {
  readonly at: number; // its place in the file
  readonly name: string;
  readonly role: Exclude<Role, 'left out'>;
  readonly type: ColumnType | undefined; // as it is asked for
  readonly collector: ColumnCollector;
}

async function collect(
  path: string,
  reader: TableReader,
  options: TableOptions,
  purpose: Purpose,
  store: ColumnStore,
): Promise<Table> {
  const { where, preprocessing } = purpose;
  const fault = (problem: string, cause?: unknown) => new Error(`${where}: ${path}${problem}`, { cause });
  let names = reader.names();
  const isNamed = names !== null;
  let plan: Plan | undefined = names === null ? undefined : planOf(names);
  let rows = 0;

  function planOf(found: readonly string[]): Plan {
    if (found.length > MOST_COLUMNS) {
      throw fault(` has ${found.length} columns, expected at most ${MOST_COLUMNS}`);
    }
    const all = isNamed ? namesOf(found, reader.namesPlace ?? 'the first row', fault) : inOrder(found, preprocessing);
    return planReading(all, isNamed, options, purpose, store, (problem) => fault(` ${problem}`));
  }

  for await (const batch of reader.batches) {
    for (const { place, cells } of batch) {
      if (plan === undefined) {
        names = cells.map((_, at) => String(at + 1));
        plan = planOf(names);
      }
      if (cells.length !== plan.width) {
        const first = isNamed ? 'the names of columns' : 'the first row';
        throw fault(`: ${place} has ${counted(cells.length, 'column')}, expected ${plan.width} (as in ${first})`);
      }
      for (const { at, collector } of plan.readings) {
        try {
          collector.add(cells[at], place);
        } catch (error) {
          if (!(error instanceof CellError)) throw error;
          const title = isNamed ? ` (${show(error.column)})` : '';
          throw fault(`: ${place}, column ${at + 1}${title} ${error.problem}`, error);
        }
      }
      rows++;
    }
  }
  if (plan === undefined || rows === 0) throw fault(' has no rows, expected at least one');
  return tableOf(path, rows, plan, options, reader.findings ?? [], isNamed, store.keep, fault);
}

interface Plan {
  readonly width: number; // columns of the file
  readonly readings: readonly Reading[];
  readonly leftOut: readonly string[];
  readonly known: readonly string[] | undefined; // names of the classes
  readonly targets: TargetKind | undefined;
  readonly isOwn: boolean; // the types are found here, and not given by a model
  readonly isPlain: boolean;
}

function planReading(
  names: readonly string[],
  isNamed: boolean,
  options: TableOptions,
  { where, preprocessing, isPlain }: Purpose,
  store: ColumnStore,
  fault: (problem: string) => Error,
): Plan {
  const roles =
    preprocessing === null ? rolesOf(where, names, isNamed, options) : rolesFor(preprocessing, names, fault, true);
  const types = typesOf(names, options, preprocessing);
  const targetNames = names.filter((_, at) => roles[at] === 'target');
  if (targetNames.length === 0) throw fault('has no column left for the target, expected one');
  const inputs = roles.filter((role) => role === 'input').length;
  if (inputs === 0) throw fault(`has ${counted(names.length, 'column')}, expected one or more beside the target`);
  const [first] = preprocessing?.target ?? [];
  const own = types.get(targetNames[0]);
  const asked =
    first?.type ?? options.targets ?? (own === undefined ? undefined : own === 'numeric' ? 'values' : 'classes');
  const targets = targetNames.length > 1 ? 'values' : asked;
  if (targetNames.length > 1 && asked === 'classes') {
    throw new OptionError(where, 'targets', 'has classes, expected values (there are several target columns)');
  }
  const known = first?.type === 'classes' ? first.labels : options.classNames;
  const create = store.collecting(names.length);
  const readings = names.flatMap((name, at): Reading[] => {
    const role = roles[at];
    if (role === 'left out') return [];
    const type =
      role === 'input'
        ? isPlain
          ? 'numeric'
          : types.get(name)
        : role === 'weight' || targets === 'values'
          ? 'numeric'
          : undefined;
    const collector = createCollector(name, type, role === 'target' || type === 'categorical', create);
    if (role === 'target') return [{ at, name, role, type, collector: targetCollector(name, collector, known) }];
    if (role === 'weight') return [{ at, name, role, type, collector: weightCollector(name, collector) }];
    return [{ at, name, role, type, collector: isPlain ? withoutGaps(name, collector) : collector }];
  });
  const leftOut = names.filter((_, at) => roles[at] === 'left out');
  return { width: names.length, readings, leftOut, known, targets, isOwn: preprocessing === null, isPlain };
}

/** The types that are given, by column name. */
function typesOf(
  names: readonly string[],
  { columns = {} }: TableOptions,
  preprocessing: Preprocessing | null,
): Map<string, ColumnType> {
  if (preprocessing !== null) return new Map(preprocessing.columns.map(({ name, type }) => [name, type]));
  const byName = (key: string): string => (names.includes(key) ? key : (names[Number(key) - 1] ?? key));
  return new Map(Object.entries(columns).map(([key, type]) => [byName(key), type]));
}

/** A target has no gaps, and only the classes that are known, if any are. */
function targetCollector(
  name: string,
  collector: ColumnCollector,
  known: readonly string[] | undefined,
): ColumnCollector {
  const classes = known && new Set(known);
  return {
    ...collector,
    add(cell: Cell, place) {
      if (isGap(cell)) throw new CellError(name, `has a gap, expected the target of the row`);
      if (classes !== undefined && !classes.has(readCategory(cell))) {
        const list = [...classes].slice(0, 20).join(', ');
        throw new CellError(name, `has ${show(cell)}, expected one of ${list}`);
      }
      collector.add(cell, place);
    },
  };
}

/** Plain numbers have no gaps: there is nothing to fill them with. */
const withoutGaps = (name: string, collector: ColumnCollector): ColumnCollector => ({
  ...collector,
  add(cell: Cell, place) {
    if (isGap(cell)) throw new CellError(name, 'has a gap, expected a number (readTable and splitTable fill gaps)');
    collector.add(cell, place);
  },
});

/** Weights are numbers of at least 0. */
const weightCollector = (name: string, collector: ColumnCollector): ColumnCollector => ({
  ...collector,
  add(cell: Cell, place) {
    if (isGap(cell) || Number(cell) < 0) {
      throw new CellError(name, `has ${isGap(cell) ? 'a gap' : show(cell)}, expected a weight of at least 0`);
    }
    collector.add(cell, place);
  },
});

/** Without names, a model's columns are read in their order, the target last. */
function inOrder(places: readonly string[], preprocessing: Preprocessing | null): readonly string[] {
  if (preprocessing === null) return places;
  const names = [...preprocessing.columns, ...preprocessing.target].map(({ name }) => name);
  return names.length === places.length ? names : places;
}

/** The names of columns, each of them once. */
function namesOf(found: readonly string[], place: string, fault: (problem: string) => Error): string[] {
  const names = found.map((name, at) => (name.trim() === '' ? `column ${at + 1}` : name.trim()));
  const places = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    const other = places.get(name);
    if (other !== undefined) {
      throw fault(
        `: ${place} has the name ${show(name)} in columns ${other + 1} and ${at + 1}, expected each name once`,
      );
    }
    places.set(name, at);
  }
  return names;
}

function tableOf(
  path: string,
  rows: number,
  { readings, leftOut, known, targets: asked, isOwn, isPlain }: Plan,
  options: TableOptions,
  findings: readonly string[],
  isNamed: boolean,
  keep: ColumnStore['keep'],
  fault: (problem: string, cause?: unknown) => Error,
): Table {
  const { name = path, oneHotLimit = 100 } = options;
  const finish = <T>(reading: Reading, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ColumnError)) throw error;
      const title = isNamed ? ` (${show(reading.name)})` : '';
      throw fault(`: column ${reading.at + 1}${title} ${error.message}`, error);
    }
  };
  const types = new Map(readings.map((reading) => [reading.name, reading.type]));
  const of = (role: Role) => readings.filter((reading) => reading.role === role);
  const limit = isOwn ? oneHotLimit : Number.POSITIVE_INFINITY;
  const inputs = of('input').map((reading) =>
    finish(reading, () => keep(columnOf(reading.name, reading.type, reading.collector.collected(), limit))),
  );
  const targets = of('target').map((reading) =>
    finish(reading, () => {
      const found = findTarget(reading.name, reading.collector.collected(), { asked, known, isPlain });
      return { ...found, column: keep(found.column) };
    }),
  );
  const [weights = null] = of('weight').map(
    (reading): TableColumn =>
      finish(reading, () => keep(columnOf(reading.name, 'numeric', reading.collector.collected(), limit))),
  );
  const [{ classes, column: target }] = targets;
  const decided = isOwn && target.reason !== 'as asked for' ? targetDecision(target, classes) : [];
  // A column whose type is said is known to whoever says it.
  const isFound = (column: TableColumn): boolean => types.get(column.name) === undefined;
  const found = findings.length === 0 ? [] : [`${basename(path)}: ${findings.join(', ')}`];
  const table: Table = {
    ...{ name, rows, inputs, targets: targets.map(({ column }) => column), weights, leftOut, classes, options },
    decisions: [...found, ...decided],
    warnings: isOwn ? columnWarnings(inputs.filter(isFound), rows) : [],
  };
  return options.missing === 'drop' ? leaveGapsOut(table, fault, keep) : table;
}

/** What numbers of a target were taken for: it is the decision that most often has to be another. */
function targetDecision({ name, reason }: TableColumn, classes: readonly string[] | null): string[] {
  if (classes !== null && !reason.includes('whole number')) return [];
  const [kind, other] = classes === null ? ['values', 'classes'] : ['classes', 'values'];
  return [`the target ${show(name)} is read as ${kind}: ${reason} (--targets ${other} reads it as ${other})`];
}
