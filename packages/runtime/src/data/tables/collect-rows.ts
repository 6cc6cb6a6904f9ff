import { type Cell, CellError } from '@gradloom/core';
import { counted, show } from '@gradloom/core/internal';
import { leaveOut } from './column-collector.ts';
import type { ColumnStore } from './column-store.ts';
import { MOST_NOTES } from './csv-records.ts';
import { reasonOfSum, withoutEnd } from './end-of-table.ts';
import { type ColumnPlan, planColumns } from './plan-columns.ts';
import { createFaults, SEVERAL, type TableFaults } from './table-faults.ts';
import type { TableReader, TableRow } from './table-reader.ts';
import type { TableRequest } from './table-request.ts';

/** The cells of a file by column, and the faults among them. */
export interface CollectedRows {
  readonly plan: ColumnPlan;
  /** N: number of rows. */
  readonly rows: number;
  readonly faults: TableFaults;
  /** The last of them. */
  readonly last: TableRow;
  /** Says which lines at the end of the file were left out, since they are no rows. */
  readonly atEnd: readonly string[];
  /** Says which rows were left out since they have no target; undefined if there are none. */
  readonly untold: string | undefined;
}

/** Reads all rows. Those without a target are left out. @throws Error of the request's fault if none is left. */
export async function collectRows(
  reader: TableReader,
  request: TableRequest,
  store: ColumnStore,
): Promise<CollectedRows> {
  const { fault } = request;
  const faults = createFaults();
  const names = reader.names();
  const planFor = (cells: number) => planColumns(reader, cells, request, store);
  let plan: ColumnPlan | undefined = names === null ? undefined : planFor(names.length);
  let rows = 0;
  let untold = 0;
  let firstUntold = '';
  let last: TableRow = { place: '', cells: [] };
  const take = (row: TableRow): void => {
    const { place, cells } = row;
    plan ??= planFor(cells.length);
    rows++;
    if (cells.length !== plan.width) {
      const first = plan.isNamed ? 'the names of columns' : 'the first row';
      const way = reader.delimiter === 'comma' && hasSplitNumber(cells) ? SPLIT_NUMBER : '';
      const problem = `${place} has ${counted(cells.length, 'column')}, expected ${plan.width} (as in ${first}${way})`;
      faults.add(null, 'width', problem, 'row');
      return;
    }
    if (names !== null && cells[0] === names[0] && cells.every((cell, at) => cell === names[at])) {
      const problem = `${place} has the names of columns again, expected them once (delete such lines)`;
      faults.add(null, 'names', problem, 'row');
      return;
    }
    const gap = plan.untold.find(({ at, isGap }) => isGap(cells[at]));
    if (gap !== undefined) {
      if (untold === 0) firstUntold = `${place}${wordOf(cells[gap.at])}`;
      untold++;
      return;
    }
    last = row;
    for (const { at, name, collector } of plan.readings) {
      try {
        if (!isOneValue(cells[at])) refuseSeveral(name, cells[at], request);
        collector.add(cells[at], place);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        const title = plan.isNamed ? ` (${show(error.column)})` : '';
        const [, wanted] = error.problem.split(', expected ', 2);
        faults.add(
          at,
          isOneValue(cells[at]) ? wanted : SEVERAL,
          `${place}, column ${at + 1}${title} ${error.problem}`,
          'cell',
          error,
        );
      }
    }
  };
  let end: readonly TableRow[] = [];
  for await (const batch of reader.batches) {
    const all = [...end, ...batch];
    end = all.slice(-MOST_NOTES);
    for (const row of all.slice(0, all.length - end.length)) take(row);
  }
  const atEnd: string[] = [];
  if (request.where === 'readTable' && !request.isPlain && end.length > 0) {
    plan ??= planFor(end[0].cells.length);
    const found = withoutEnd(end, plan);
    if (rows + found.kept.length > 0) {
      end = found.kept;
      atEnd.push(...found.left);
    }
    for (const row of end.slice(0, -1)) take(row);
    end = end.slice(-1);
    const reason = end.length === 0 || rows === 0 ? undefined : reasonOfSum(end[0], plan);
    if (reason !== undefined) {
      atEnd.unshift(reason);
      end = [];
    }
  }
  for (const row of end) take(row);
  if (plan === undefined || rows === 0) throw fault(' has no rows, expected at least one');
  const target = plan.untold.map(({ name }) => show(name)).join(' or ');
  if (untold === rows)
    throw fault(` has no ${target}, the target, in any row, expected one (--target names another column)`);
  const has = untold === 1 ? 'row has' : 'rows have';
  const left = untold === 1 ? 'is left out: it' : `are left out: the first`;
  return {
    ...{ plan, rows: rows - untold, faults, last, atEnd },
    untold:
      untold === 0
        ? undefined
        : `${untold} of ${counted(rows, 'row')}: the ${has} no ${target}, the target, and ${left} is ${firstUntold}`,
  };
}

/** Whether a cell holds one value: JSON also has lists. */
function isOneValue(cell: unknown): boolean {
  const type = typeof cell;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'undefined' || cell === null;
}

function refuseSeveral(name: string, cell: unknown, { preprocessing }: TableRequest): never {
  const has = Array.isArray(cell) || ArrayBuffer.isView(cell) ? 'a list' : 'an object';
  const way = preprocessing === null ? `; ${leaveOut(name)}` : '';
  const wanted = 'a number, a text, true, false or null';
  throw new CellError(name, `has ${has}, expected ${wanted} (a cell holds one value${way})`);
}

const SPLIT_NUMBER = '; a number with a comma needs quotation marks around it';

/** Whether two cells seem to be one number, such as $1,200.50. */
const hasSplitNumber = (cells: readonly Cell[]): boolean =>
  cells.some(
    (cell, at) =>
      /^[^\d]{0,3}[1-9]\d{0,2}$/.test(String(cell)) && /^\d{3}(\.\d+)?[^\d]{0,3}$/.test(String(cells[at + 1])),
  );

/** The word that stands for a gap, if there is one. */
const wordOf = (cell: Cell): string =>
  typeof cell === 'string' && cell.trim() !== '' ? `, with ${show(cell.trim())}` : '';
