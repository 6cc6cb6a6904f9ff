import { type Cell, CellError } from '@gradloom/core';
import { counted, show } from '@gradloom/core/internal';
import { leaveOut } from './advice.ts';
import type { ColumnStore } from './columns/column-store.ts';
import { type ColumnPlan, planColumns, type TableRequest } from './columns/plan-columns.ts';
import type { TableReader, TableRow } from './formats/table-reader.ts';
import { cutEnd, MAX_NOTES, reasonOfSum } from './sniffers/end-of-table.ts';
import { joinLabels } from './sniffers/label-lists.ts';
import { createFaults, SEVERAL_VALUES, type TableFaults } from './table-faults.ts';

/** The cells of a file by column, and the faults among them. */
export interface CollectedRows {
  readonly plan: ColumnPlan;
  /** N: number of rows. */
  readonly rows: number;
  readonly faults: TableFaults;
  readonly lastRow: TableRow;
  /** Targets of which some cells are lists of labels, as JSON has them. */
  readonly listTargets: ReadonlySet<string>;
  /** Which lines were left out: notes and totals at the end of the file, and rows without a target. */
  readonly decisions: readonly string[];
  /** The place of each row in the file, such as 'line 12' or 'row 12'. Only a series has them. */
  readonly locations: readonly string[];
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
  let rowsWithoutTarget = 0;
  let firstWithoutTarget = '';
  const listTargets = new Set<string>();
  const isSeries = (request.preprocessing?.series ?? request.options.series) !== undefined;
  const locations: string[] = [];
  let lastRow: TableRow = { location: '', cells: [] };

  function addRow(row: TableRow): void {
    const { location, cells } = row;
    plan ??= planFor(cells.length);
    rows++;
    if (cells.length !== plan.width) {
      const namesSource = plan.isNamed ? 'the names of columns' : 'the first row';
      const advice = reader.delimiter === 'comma' && hasSplitNumber(cells) ? SPLIT_NUMBER : '';
      const expected = `${plan.width} (as in ${namesSource}${advice})`;
      faults.add(null, 'width', `${location} has ${counted(cells.length, 'column')}, expected ${expected}`, 'row');
      return;
    }
    if (names !== null && cells[0] === names[0] && cells.every((cell, c) => cell === names[c])) {
      const problem = `${location} has the names of columns again, expected them once (delete such lines)`;
      faults.add(null, 'names', problem, 'row');
      return;
    }
    const missingTarget = plan.requiredTargets.find(({ index, isGap }) => isGap(cells[index]));
    if (missingTarget !== undefined) {
      if (rowsWithoutTarget === 0) firstWithoutTarget = `${location}${describeGap(cells[missingTarget.index])}`;
      rowsWithoutTarget++;
      return;
    }
    lastRow = row;
    if (isSeries) locations.push(location);
    for (const column of plan.columns) {
      const { index, name, title, role, collector } = column;
      let cell = cells[index];
      try {
        if (role === 'target' && Array.isArray(cell)) {
          const labels = joinLabels(cell, column, plan, request);
          if (labels !== undefined) {
            listTargets.add(name);
            cell = labels;
          }
        }
        if (!isOneValue(cell))
          refuseSeveral(
            name,
            cell,
            role === 'target' ? LABELS_IN_TEXT : request.preprocessing === null ? leaveOut(name) : '',
          );
        collector.add(cell, location);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        const kind = isOneValue(cell) ? error.expected : SEVERAL_VALUES;
        faults.add(index, kind, `${location}, ${title} ${error.problem}`, 'cell', error);
      }
    }
  }

  let lastRows: readonly TableRow[] = []; // held back, since they may be notes or totals
  for await (const batch of reader.batches) {
    const rowsSoFar = [...lastRows, ...batch];
    lastRows = rowsSoFar.slice(-MAX_NOTES);
    for (const row of rowsSoFar.slice(0, rowsSoFar.length - lastRows.length)) addRow(row);
  }
  const decisions: string[] = [];
  if (request.leavesRowsOut && lastRows.length > 0) {
    plan ??= planFor(lastRows[0].cells.length);
    const end = cutEnd(lastRows, plan);
    // Nothing is cut off if no row would be left.
    if (rows + end.rows.length > 0) {
      lastRows = end.rows;
      decisions.push(...end.decisions);
    }
    for (const row of lastRows.slice(0, -1)) addRow(row);
    lastRows = lastRows.slice(-1);
    // A single row has nothing above to sum up.
    const reason = lastRows.length === 0 || rows === 0 ? undefined : reasonOfSum(lastRows[0], plan);
    if (reason !== undefined) {
      decisions.unshift(reason);
      lastRows = [];
    }
  }
  for (const row of lastRows) addRow(row);
  if (plan === undefined || rows === 0) throw fault(' has no rows, expected at least one');
  const target = plan.requiredTargets.map(({ name }) => show(name)).join(' or ');
  if (rowsWithoutTarget === rows)
    throw fault(` has no ${target}, the target, in any row, expected one (--target names another column)`);
  if (rowsWithoutTarget > 0) {
    const count = `${rowsWithoutTarget} of ${counted(rows, 'row')}`;
    const [have, areLeftOut] =
      rowsWithoutTarget === 1 ? ['row has', 'is left out: it'] : ['rows have', 'are left out: the first'];
    decisions.push(`${count}: the ${have} no ${target}, the target, and ${areLeftOut} is ${firstWithoutTarget}`);
  }
  return { plan, rows: rows - rowsWithoutTarget, faults, lastRow, listTargets, decisions, locations };
}

/** Whether a cell holds one value: JSON also has lists. */
function isOneValue(cell: unknown): boolean {
  const type = typeof cell;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'undefined' || cell === null;
}

const LABELS_IN_TEXT = 'labels are a list of texts, such as ["sports", "tech"]';

function refuseSeveral(name: string, cell: unknown, advice: string): never {
  const has = Array.isArray(cell) || ArrayBuffer.isView(cell) ? 'a list' : 'an object';
  const adviceText = advice === '' ? '' : `; ${advice}`;
  const expected = `a number, a text, true, false or null (a cell holds one value${adviceText})`;
  throw new CellError(name, `has ${has}`, expected);
}

const SPLIT_NUMBER = '; a number with a comma needs quotation marks around it';

/** Whether two cells seem to be one number, such as $1,200.50. */
const hasSplitNumber = (cells: readonly Cell[]): boolean =>
  cells.some(
    (cell, c) =>
      /^[^\d]{0,3}[1-9]\d{0,2}$/.test(String(cell)) && /^\d{3}(\.\d+)?[^\d]{0,3}$/.test(String(cells[c + 1])),
  );

/** The word that stands for a gap, if there is one. */
const describeGap = (cell: Cell): string =>
  typeof cell === 'string' && cell.trim() !== '' ? `, with ${show(cell.trim())}` : '';
