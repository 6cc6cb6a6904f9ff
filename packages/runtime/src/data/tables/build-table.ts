import { basename } from 'node:path';
import { type CellFormat, OptionError, type SeriesStep } from '@gradloom/core';
import { counted, show } from '@gradloom/core/internal';
import type { CollectedRows } from './collect-rows.ts';
import { flagWord } from './column-collector.ts';
import type { ColumnStore } from './column-store.ts';
import { columnWarnings, robustlyScaled, targetWarnings, timeOfDay } from './column-warnings.ts';
import { findTarget } from './find-target.ts';
import { ColumnError, columnOf } from './find-type.ts';
import { LeftOut, OnlyText, READS_WORDS, reasonOfId, textAmong } from './left-out.ts';
import type { Reading } from './plan-columns.ts';
import { CONTEXT, checkTimes, HORIZON } from './series.ts';
import type { Table, TableColumn, TableSplit } from './table.ts';
import { SEVERAL } from './table-faults.ts';
import { ONE_HOT_LIMIT, splitOf, type TableOptions } from './table-options.ts';
import { isTableOfImages } from './table-path.ts';
import type { TableRequest } from './table-request.ts';
import { totalWarnings } from './total-row.ts';

/** Builds the table from collected columns and decides their types. @throws Error naming the column of a problem. */
export function buildTable(
  { path, options, preprocessing, isPlain, fault }: TableRequest,
  { plan, rows, faults, untold, last, atEnd }: CollectedRows,
  findings: readonly string[], // how the file was read, for messages
  keep: ColumnStore['keep'],
): Table {
  const { readings, leftOut, known, targets: asked, isNamed } = plan;
  const { name = path, oneHotLimit = ONE_HOT_LIMIT, missing } = options;
  const isOwn = preprocessing === null;
  const reasons = new Map<string, string>(); // why columns are left out
  const finish = <T>(reading: Reading, work: () => T): T[] => {
    if (faults.isIn(reading.at)) return [];
    try {
      return [work()];
    } catch (error) {
      if (error instanceof LeftOut) {
        reasons.set(reading.name, error.message);
        return [];
      }
      if (!(error instanceof ColumnError)) throw error;
      const title = isNamed ? ` (${show(reading.name)})` : '';
      faults.add(reading.at, 'column', `column ${reading.at + 1}${title} ${error.message}`, 'column', error);
      return [];
    }
  };
  const of = (role: Reading['role']) => readings.filter((reading) => reading.role === role);
  const limit = isOwn ? oneHotLimit : Number.POSITIVE_INFINITY;
  const columnOfReading = (reading: Reading): TableColumn[] => finish(reading, () => keep(columnIn(reading, limit)));
  const isFound = (reading: Reading) => isOwn && !isPlain && reading.type === undefined && !isTableOfImages(path);
  // A column of nothing but lists is left out; one with other cells, too, has a fault.
  const lists = of('input').filter((reading) => {
    const { gaps } = reading.collector.collected();
    return isFound(reading) && faults.takeBack(reading.at, SEVERAL, rows - gaps);
  });
  for (const { name } of lists) reasons.set(name, 'lists or objects, where a cell holds one value');
  const ones = of('input').filter((reading) => !lists.includes(reading));
  const read = ones.flatMap((reading) => columnOfReading(reading).map((column) => ({ reading, column })));
  const filled = read.filter(({ reading, column: { gaps } }) => gaps < rows || !isFound(reading));
  for (const { column } of read) {
    if (!filled.some((other) => other.column === column)) reasons.set(column.name, 'nothing but gaps');
  }
  const ids = new Map(
    filled.flatMap(({ reading, column }) => {
      const reason = isFound(reading) ? reasonOfId(column, rows) : undefined;
      return reason === undefined ? [] : [[column.name, reason]];
    }),
  );
  // A table of nothing but ids is read: they are all that it has.
  const isKept = ids.size === filled.length && of('time').length === 0;
  if (!isKept) for (const [name, reason] of ids) reasons.set(name, reason);
  const inputs = read.filter(({ column }) => !reasons.has(column.name)).map(({ column }) => column);
  const targets = of('target').flatMap((reading) =>
    finish(reading, () => {
      const search = { asked, known, isPlain, leavesOut: plan.untold.length > 0, format: formatIn(reading) };
      const found = findTarget(reading.name, reading.collector.collected(), search);
      return { ...found, column: keep(found.column) };
    }),
  );
  const [weights = null] = of('weight').flatMap(columnOfReading);
  const [time] = of('time').flatMap((reading) => finish(reading, () => timeOf(reading)));
  const [key = null] = of('key').flatMap((reading) =>
    finish(reading, () => columnIn(reading, Number.POSITIVE_INFINITY)),
  );
  faults.refuse(fault);
  refuseOnlyText();
  if (inputs.length === 0 && of('time').length === 0) {
    const left = [...reasons].map(([name, reason]) => `column ${show(name)} has ${reason}`);
    throw fault(` has no column left as an input, expected one: ${left.join('; ')}`);
  }
  const split = splitIn();
  const [{ classes, column: target }] = targets;
  const decided =
    isOwn && time === undefined && target.reason !== 'as asked for' ? targetDecision(target, classes) : [];
  // The name of the file, not of the table: a cache is read under any name.
  const file = basename(path);
  const found = findings.length === 0 ? [] : [`${file}: ${findings.join(', ')}`];
  const left = [...atEnd, ...(untold === undefined ? [] : [untold])];
  const all: Table = {
    ...{ name, rows, inputs, targets: targets.map(({ column }) => column), weights, classes, options },
    leftOut: [...leftOut, ...reasons.keys()],
    reasons: Object.fromEntries(reasons),
    ...(time === undefined ? {} : seriesOf(time)),
    ...(split === undefined ? {} : { split }),
    decisions: [
      ...found,
      ...left,
      ...decided,
      ...(isOwn && classes === null ? targets.flatMap(({ column }) => spanOf(column, options)) : []),
      ...[...reasons].map(([name, reason]) => `column ${show(name)} is left out: ${withAlone(name, reason)}`),
      ...(isOwn ? inputs.flatMap(timeOfDay) : []),
      ...(isOwn && options.scale === undefined ? robustlyScaled(inputs) : []),
      ...read.flatMap(({ reading, column }) =>
        isFound(reading) && inputs.includes(column) ? codesIn(reading, column) : [],
      ),
    ],
    warnings: [],
  };
  const table = missing === 'drop' ? leaveGapsOut(all, fault, keep) : all;
  if (!isOwn) return { ...table, warnings: left };
  // No warnings for columns with a given type, which the user knows, and for pixels: some have one value in all images.
  const guessed = read.flatMap(({ reading, column }) => (isFound(reading) && inputs.includes(column) ? [column] : []));
  const totals =
    time === undefined ? totalWarnings(last, readings, [...targets.map(({ column }) => column), ...inputs]) : [];
  const alike = isKept ? [...ids].map(([name, reason]) => `column ${show(name)} has ${reason}`) : [];
  return {
    ...table,
    warnings: [...targetWarnings(file, table), ...columnWarnings(guessed, rows), ...alike, ...totals],
  };

  /** A text can only be the one input: how to read it names the columns to drop. */
  function withAlone(name: string, reason: string): string {
    const others = [...inputs.map((column) => column.name), ...reasons.keys()].filter((other) => other !== name);
    if (!reason.endsWith(READS_WORDS) || others.length === 0 || others.length > MOST_DROPPED) return reason;
    return `${reason.slice(0, -READS_WORDS.length)} with --drop ${flagWord(others.join(','))}${READS_WORDS}`;
  }

  /** @throws OnlyText if all inputs are ids, or texts that are left out, and there is a text among them. */
  function refuseOnlyText(): void {
    if (!isKept || options.stream === true || !of('input').every(isFound)) return;
    const cells = of('input').map(({ name, collector }) => ({ name, words: collector.collected().words }));
    const text = textAmong(cells);
    if (text !== undefined) {
      throw new OnlyText(text, new Map([...reasons, ...ids].filter(([name]) => name !== text)));
    }
  }

  /** The column by which rows are split: an input, one that was left out, or one of its own. */
  function splitIn(): TableSplit | undefined {
    const asked = splitOf(options.split);
    if (asked === undefined || !('column' in asked)) return undefined;
    const [own = read.find(({ reading }) => isColumn(reading, asked.column))?.column] = of('split').map((reading) =>
      keep(columnIn(reading, Number.POSITIVE_INFINITY)),
    );
    if (own?.data.kind === (asked.by === 'group' ? 'words' : 'numbers') && own.gaps === 0)
      return { by: asked.by, column: own };
    const has = own === undefined ? 'the target' : own.gaps > 0 ? 'a column with gaps' : 'a column of words';
    const problem = `has ${show(options.split)}, which is ${has}, expected a column of dates or numbers without gaps`;
    throw new OptionError('readTable', 'split', problem);
  }

  /** The series, and its inputs: the target with the others, in the order of the file. */
  function seriesOf(time: TableColumn): Pick<Table, 'series' | 'inputs'> {
    const { context = CONTEXT, horizon = HORIZON, step = null } = preprocessing?.series ?? (options as SeriesGiven);
    const at = of('input').findIndex((reading) => reading.at > of('target')[0].at);
    const place = at === -1 ? inputs.length : at;
    return {
      inputs: [...inputs.slice(0, place), target, ...inputs.slice(place)],
      series: { time, key, context, horizon, step: checkTimes({ time, key }, rows, step, fault) },
    };
  }
}

const formatIn = ({ format }: Reading): CellFormat | undefined => (format === 'any' ? undefined : format);

const columnIn = (reading: Reading, limit: number): TableColumn =>
  columnOf(reading.name, reading.type, reading.collector.collected(), limit, formatIn(reading));

const isColumn = ({ name, at }: Reading, asked: string): boolean => name === asked || String(at + 1) === asked;

type SeriesGiven = Pick<TableOptions, 'context' | 'horizon'> & { readonly step?: SeriesStep };

/** @throws ColumnError for numbers among dates. */
function timeOf(reading: Reading): TableColumn {
  const column = columnIn(reading, Number.POSITIVE_INFINITY);
  if (column.type === 'date' || column.type === 'numeric') return column;
  throw new ColumnError('has numbers and dates, expected the times of all rows in one form');
}

/** Says of numbers with zeros before them that they may be codes, such as those of places. */
function codesIn({ name, collector }: Reading, { type }: TableColumn): string[] {
  const { padded } = collector.collected();
  if (padded === null || type !== 'numeric') return [];
  const way = `if they are codes, --column ${flagWord(`${name}:categorical`)} reads them as categories`;
  return [
    `column ${show(name)} has numbers with zeros before them, such as ${show(padded.cell)} in ${padded.place}: ${way}`,
  ];
}

/** Tells how a numeric target was read, since this decision most often has to be changed. */
function targetDecision({ name, reason }: TableColumn, classes: readonly string[] | null): string[] {
  if (classes !== null && !reason.includes('whole number')) return [];
  const [kind, other] = classes === null ? ['values', 'classes'] : ['classes', 'values'];
  return [`the target ${show(name)} is read as ${kind}: ${reason} (--targets ${other} reads it as ${other})`];
}

/** Two decades between the 1st and the 99th percentile. */
const WIDE = 100;

/** Suggests the logarithm of a positive target that spans decades, such as a price. */
function spanOf({ name, data }: TableColumn, { targetTransform }: TableOptions): string[] {
  if (data.kind !== 'numbers' || targetTransform !== undefined) return [];
  const sorted = data.values.toSorted();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  if (!(sorted[0] > 0) || at(0.99) / at(0.01) < WIDE) return [];
  const span = `from ${at(0.01)} to ${at(0.99)} in 98 % of the rows`;
  return [
    `the target ${show(name)} is ${span}: its large values decide the loss (--target-transform log makes ratios count)`,
  ];
}

/** Most columns that the way to read a text names. */
const MOST_DROPPED = 20;

/** The table without rows that have a gap in an input. @throws Error of `fault` if no rows are left. */
function leaveGapsOut(table: Table, fault: (problem: string) => Error, keep: ColumnStore['keep']): Table {
  const gaps = new Uint8Array(table.rows);
  for (const { data } of table.inputs) {
    const cells = data.kind === 'numbers' ? data.values : data.indices;
    const gap = data.kind === 'numbers' ? Number.isNaN : (index: number) => index === -1;
    for (let n = 0; n < table.rows; n++) if (gap(cells[n])) gaps[n] = 1;
  }
  const kept = Uint32Array.from({ length: table.rows }, (_, n) => n).filter((n) => gaps[n] === 0);
  if (kept.length === 0) throw fault(' has a gap in each row, expected rows without (--missing impute fills them in)');
  const left = table.rows - kept.length;
  if (left === 0) return table;
  const isText = table.inputs[0].type === 'text';
  const gap = isText ? 'no text' : left === 1 ? 'a gap' : 'gaps';
  const has = left === 1 ? `row has ${gap} and is` : `rows have ${gap} and are`;
  const ways = isText ? '' : ' (--missing impute fills gaps in)';
  const decision = `${left} of ${counted(table.rows, 'row')}: the ${has} left out${ways}`;
  return {
    ...table,
    rows: kept.length,
    inputs: table.inputs.map((column) => keep({ ...column, gaps: 0, data: rowsOf(column, kept) })),
    targets: table.targets.map((column) => keep({ ...column, data: rowsOf(column, kept) })),
    weights: table.weights && keep({ ...table.weights, data: rowsOf(table.weights, kept) }),
    ...(table.split && {
      split: { ...table.split, column: keep({ ...table.split.column, data: rowsOf(table.split.column, kept) }) },
    }),
    decisions: [...table.decisions, decision],
  };
}

function rowsOf({ data }: TableColumn, rows: Uint32Array): TableColumn['data'] {
  if (data.kind === 'numbers')
    return { kind: 'numbers', values: pick(new Float64Array(rows.length), data.values, rows) };
  return { kind: 'words', words: data.words, indices: pick(new Int32Array(rows.length), data.indices, rows) };
}

/** Copies the cells of the given rows. Overwrites `picked`. */
function pick<T extends Float64Array | Int32Array>(picked: T, cells: T, rows: Uint32Array): T {
  for (let n = 0; n < rows.length; n++) picked[n] = cells[rows[n]];
  return picked;
}
