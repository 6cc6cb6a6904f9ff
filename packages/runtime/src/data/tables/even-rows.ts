import type { SeriesGaps, SeriesStep } from '@gradloom/core';
import { counted, show } from '@gradloom/core/internal';
import { evenStep, previousRows, seriesOf } from './series.ts';
import { isNext, nextOf, startOfStep, stepsBetween, stepText, timeText } from './series-step.ts';
import { pickRows, type TableColumn, type TableSeries } from './table.ts';
import type { TableFault } from './table-faults.ts';

/** Rows of series, and how they are to become even: one a step. */
export interface UnevenRows extends Pick<TableSeries, 'time' | 'key'> {
  readonly rows: number;
  /** Where each row is in the file, or the first one of a mean: 'line 12' or 'row 12' [rows]. */
  readonly locations: readonly string[];
  readonly inputs: readonly TableColumn[];
  /** Index of the target among the inputs. */
  readonly target: number;
}

interface EvenRows extends Omit<UnevenRows, 'target' | 'locations'>, Pick<TableSeries, 'step' | 'filled'> {
  readonly decisions: readonly string[];
}

/** Maximum number of rows that are interpolated for each row of the table: more come of a date that is mistyped. */
const MAX_FILLED = 10;

/**
 * Makes the rows of each series follow each other by one step. With `every` each is the mean of the rows in its step.
 * Steps without rows, or without a target, are gaps: they are refused, interpolated, or left for the windows to skip.
 * @throws Error of `fault` naming the first row that is out of order, or not a step after the row before it.
 */
export function evenRows(
  unevenRows: UnevenRows,
  { every, step: modelStep, gaps }: { every?: SeriesStep | undefined; step?: SeriesStep | undefined; gaps: SeriesGaps },
  fault: TableFault,
): EvenRows {
  const { inputs, target } = unevenRows;
  const steps = every === undefined ? unevenRows : meanRows(unevenRows, every);
  const known = { step: every ?? modelStep, isOfModel: modelStep !== undefined };
  const spacing = evenStep(steps, known, gaps, fault);
  const rowsByStep = withTargets(steps, fault);
  const lacking = steps.rows - rowsByStep.rows;
  const { step, gapCount } =
    lacking === 0 ? spacing : evenStep(rowsByStep, { ...known, step: spacing.step }, gaps, fault);
  const decisions =
    every === undefined
      ? []
      : [`rows are means over ${stepText(every)}: ${counted(steps.rows, 'row')} of ${unevenRows.rows} (--every)`];
  if (lacking > 0) {
    const unit = every === undefined ? 'row' : 'step';
    const has = `${counted(lacking, unit)} without ${show(inputs[target].name)}, the target,`;
    decisions.push(`${has} ${lacking === 1 ? 'counts as a missing row' : 'count as missing rows'}`);
  }
  const { locations: _, ...even } = rowsByStep;
  if (gapCount === 0) return { ...even, step, decisions };
  const count = counted(gapCount, 'gap');
  if (gaps === 'skip')
    return { ...even, step, decisions: [...decisions, `${count} in time: no window crosses one (--series-gaps)`] };
  const filledTable = filledRows(rowsByStep, step, fault);
  const fills = `${count} in time: ${counted(filledTable.rows - rowsByStep.rows, 'row')} between known ones are interpolated`;
  return {
    ...filledTable,
    step,
    decisions: [...decisions, `${fills}, none as the end of a window or a forecast (--series-gaps)`],
  };
}

/** The rows that have a target. @throws Error of `fault` if none has. */
function withTargets(unevenRows: UnevenRows, fault: TableFault): UnevenRows {
  const { time, key, inputs, rows, target, locations } = unevenRows;
  const targets = numbersOf(inputs[target], rows);
  const known = Uint32Array.from(targets.keys()).filter((n) => !Number.isNaN(targets[n]));
  if (known.length === rows) return unevenRows;
  if (known.length === 0) throw fault(` has no ${show(inputs[target].name)}, the target, in any row, expected one`);
  const pick = (column: TableColumn): TableColumn => withGaps({ ...column, data: pickRows(column, known) });
  const knownLocations = Array.from(known, (n) => locations[n]);
  return {
    target,
    rows: known.length,
    locations: knownLocations,
    time: pick(time),
    key: key && pick(key),
    inputs: inputs.map(pick),
  };
}

/** The rows of each step as one: means of numbers, and the last of words. */
function meanRows({ time, key, inputs, rows, target, locations }: UnevenRows, every: SeriesStep): UnevenRows {
  const times = numbersOf(time, rows);
  const groups = new Map<string, { readonly start: number; readonly rows: number[] }>();
  for (let n = 0; n < rows; n++) {
    const start = startOfStep(times[n], every);
    const name = `${seriesOf(key, n)} ${start}`;
    const group = groups.get(name) ?? { start, rows: [] };
    group.rows.push(n);
    groups.set(name, group);
  }
  const steps = [...groups.values()].sort((a, b) => a.start - b.start);
  const meanOf = (column: TableColumn): TableColumn => {
    const { data } = column;
    if (data.kind === 'words') {
      const indices = Int32Array.from(
        steps,
        (step) => data.indices[step.rows.findLast((n) => data.indices[n] >= 0) ?? step.rows[0]],
      );
      return withGaps({ ...column, data: { ...data, indices } });
    }
    const values = Float64Array.from(steps, (step) => {
      const known = step.rows.filter((n) => !Number.isNaN(data.values[n]));
      return known.reduce((sum, n) => sum + data.values[n], 0) / known.length;
    });
    return withGaps({ ...column, data: { kind: 'numbers', values } });
  };
  const stepStarts = Float64Array.from(steps, ({ start }) => start);
  return {
    target,
    rows: steps.length,
    locations: steps.map((step) => locations[step.rows[0]]),
    time: { ...time, data: { kind: 'numbers', values: stepStarts } },
    key: key && meanOf(key),
    inputs: inputs.map(meanOf),
  };
}

/** The rows, and those of steps between neighbours of a series: numbers on a line, words as before. */
function filledRows(
  { time, key, inputs, rows, locations }: UnevenRows,
  step: SeriesStep,
  fault: TableFault,
): Omit<UnevenRows, 'target' | 'locations'> & Pick<TableSeries, 'filled'> {
  const times = numbersOf(time, rows);
  const previous = previousRows(key, rows);
  const cells: { readonly time: number; readonly before: number; readonly after: number; readonly fraction: number }[] =
    [];
  for (let n = 0; n < rows; n++) {
    const before = previous[n];
    const distance =
      before === -1 || isNext(times[before], times[n], step) ? 1 : stepsBetween(times[before], times[n], step);
    if (Number.isNaN(distance)) {
      const [has, from] = [times[n], times[before]].map((value) => timeText(value, time.type === 'date'));
      const expected = `whole steps of ${stepText(step)} after ${from} of ${locations[before]}`;
      throw fault(
        `: ${locations[n]} has the time ${has}, expected ${expected} (--every takes the mean of the rows in each step)`,
      );
    }
    if (cells.length + distance > (MAX_FILLED + 1) * rows) {
      const has = `${locations[n]} comes ${distance} steps of ${stepText(step)} after ${locations[before]}`;
      throw fault(
        `: ${has}, expected gaps of at most ${MAX_FILLED} times the rows of the table (--series-gaps skip leaves them)`,
      );
    }
    for (let k = 1; k < distance; k++)
      cells.push({
        time: nextOf(times[before], { ...step, size: step.size * k }),
        before,
        after: n,
        fraction: k / distance,
      });
    cells.push({ time: times[n], before: n, after: n, fraction: 0 });
  }
  // All series in the order of time, as rows that are split by time are.
  cells.sort((a, b) => a.time - b.time || a.after - b.after);
  const rowOf = new Int32Array(rows);
  for (const [row, { before, after }] of cells.entries()) if (before === after) rowOf[after] = row;
  const fill = (column: TableColumn): TableColumn => {
    const { data, type } = column;
    if (data.kind === 'words')
      return withGaps({
        ...column,
        data: { ...data, indices: Int32Array.from(cells, ({ before }) => data.indices[before]) },
      });
    const { values } = data;
    const isLine = type !== 'boolean';
    const filledValues = Float64Array.from(cells, ({ before, after, fraction }) =>
      isLine && fraction > 0 ? values[before] + (values[after] - values[before]) * fraction : values[before],
    );
    return withGaps({ ...column, data: { kind: 'numbers', values: filledValues } });
  };
  return {
    rows: cells.length,
    time: { ...time, data: { kind: 'numbers', values: Float64Array.from(cells, (cell) => cell.time) } },
    key: key && fill(key),
    inputs: inputs.map(fill),
    filled: {
      before: Int32Array.from(cells, ({ before }) => rowOf[before]),
      after: Int32Array.from(cells, ({ after }) => rowOf[after]),
    },
  };
}

const withGaps = (column: TableColumn): TableColumn => {
  const { data } = column;
  const gaps =
    data.kind === 'words'
      ? data.indices.filter((index) => index === -1).length
      : data.values.filter(Number.isNaN).length;
  return { ...column, gaps };
};

const numbersOf = ({ data }: TableColumn, rows: number): Float64Array =>
  data.kind === 'numbers' ? data.values : new Float64Array(rows);
