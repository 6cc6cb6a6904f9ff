import { isDateFormat, listed, show } from '@gradloom/core/internal';
import { columnFlag } from '../advice.ts';
import { checkTable, type Table, type TableColumn } from '../table.ts';
import type { ColumnRule, Sniffer } from './sniffer.ts';

/** Numbers that stand for a gap in many files: 99, 999 and so on, of either sign, and -1000. */
const SENTINELS: ReadonlySet<number> = new Set(
  Array.from({ length: 14 }, (_, k) => 10 ** (k + 2)).flatMap((power) => [power - 1, 1 - power, -10 * power]),
);

/** The least and the greatest number, without gaps and `excludedNumbers`; infinities if there is none. */
export function extentOf(values: Float64Array, excludedNumbers?: ReadonlySet<number>): [min: number, max: number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  // An iterator would take six times as long.
  for (let n = 0; n < values.length; n++) {
    const value = values[n];
    if (excludedNumbers?.has(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}

/** A number that may stand for a gap, and the extent of the others. */
interface Sentinel {
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** The number that may stand for a gap, far outside of all others: further than they are from each other. */
export function sentinelOf({ type, data, format }: TableColumn): Sentinel | undefined {
  if (type !== 'numeric' || data.kind !== 'numbers' || isDateFormat(format)) return undefined;
  // A number between two others is not far outside.
  const outermost = new Set(extentOf(data.values).filter((value) => SENTINELS.has(value)));
  if (outermost.size === 0) return undefined;
  const [min, max] = extentOf(data.values, SENTINELS);
  const value = [...outermost].find((value) => Math.max(min - value, value - max) > Math.max(max - min, 0));
  return value === undefined || min > max ? undefined : { value, min, max };
}

const withSentinel = (columns: readonly TableColumn[]): string[] =>
  columns.filter((column) => sentinelOf(column) !== undefined).map(({ name }) => name);

/** The names of the inputs of a table with a number that may stand for a gap, far outside of all others. */
export const sentinelsIn = (table: Table): string[] => withSentinel(checkTable('sentinelsIn', table).inputs);

/** Warns of a number that may stand for a gap. */
export const sentinel: ColumnRule = {
  what: 'a number far outside of the others',
  suspect(column) {
    const match = sentinelOf(column);
    if (match === undefined || column.data.kind === 'words') return undefined;
    const { value, min, max } = match;
    const count = column.data.values.reduce((sum, other) => (other === value ? sum + 1 : sum), 0);
    const has = `has ${value} in ${count === 1 ? 'a row' : `${count} rows`}`;
    const others = `far outside of the others, which are from ${min} to ${max}`;
    return `${has}, ${others}: if it stands for a gap, empty these cells, here and in rows to predict`;
  },
};

/** Says which columns are scaled by median and quartiles, since a number may stand for a gap. */
export const robustScale: Sniffer = {
  flag: '--scale',
  decide({ inputs, options }) {
    const names = options.scale === undefined ? withSentinel(inputs).map(show) : [];
    if (names.length === 0) return [];
    const why = 'if training rows have the number far outside of the others (--scale standard: mean and deviation)';
    return [`scaled by median and quartiles, ${why}: ${listed(names, 3)}`];
  },
};

/** Says of numbers with zeros before them that they may be codes, such as zip codes. */
export const zeroPadded: Sniffer = {
  flag: '--column',
  decide: ({ guessed }) =>
    guessed.flatMap(({ column: { name, type }, zeroPadded: example }) => {
      if (example === null || type !== 'numeric') return [];
      const has = `numbers with zeros before them, such as ${show(example.cell)} in ${example.location}`;
      const advice = `${columnFlag(name, 'categorical')} reads them as categories`;
      return [`column ${show(name)} has ${has}: if they are codes, ${advice}`];
    }),
};
