import type { Preprocessing } from '@gradloom/core';
import { decodeValue, inInputOrder, ofTable, widthOfColumn } from '@gradloom/core/internal';

/** Converts input i or output o of the network to the unit of its column in the table; plain numbers stay unchanged. */
export interface ColumnUnits {
  readonly toInputUnits: (value: number, i: number) => number;
  readonly toOutputUnits: (value: number, o: number) => number;
}

/** Names of several target columns of a table; null for a single one, and for plain numbers. */
export function targetNames(preprocessing: Preprocessing | undefined): string[] | null {
  const target = ofTable(preprocessing)?.target ?? [];
  return target.length < 2 ? null : target.map(({ name }) => name);
}

/** Maximum number of outputs without names that are shown. */
export const MAX_SHOWN_OUTPUTS = 64;

export function columnUnits(preprocessing: Preprocessing | undefined): ColumnUnits {
  // Only the first input of a column of numbers is scaled; all others, such as those of categories, are plain.
  const inputs = inInputOrder(ofTable(preprocessing)?.columns ?? []).flatMap((column) => {
    const unscaledInputs = Array.from({ length: widthOfColumn(column) }, () => ({ center: 0, scale: 1 }));
    return 'indicator' in column ? [column, ...unscaledInputs.slice(1)] : unscaledInputs;
  });
  const target = ofTable(preprocessing)?.target ?? [];
  const toUnits = (scales: readonly { center: number; scale: number }[]) => (value: number, index: number) => {
    const { center, scale } = scales[index] ?? { center: 0, scale: 1 };
    return value * scale + center;
  };
  return { toInputUnits: toUnits(inputs), toOutputUnits: (value, o) => decodeValue(value, target[o]) };
}
