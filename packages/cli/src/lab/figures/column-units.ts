import type { Preprocessing } from '@gradloom/core';
import { decodeValue, inInputOrder, ofTable, widthOfImage } from '@gradloom/core/internal';

/** Converts inputs or outputs of the network to the units of the table's columns; plain numbers stay unchanged. */
export interface ColumnUnits {
  readonly input: (value: number, i: number) => number;
  readonly output: (value: number, o: number) => number;
}

/** Names of several target columns of a table; null for a single one, and for plain numbers. */
export function targetNames(preprocessing: Preprocessing | undefined): string[] | null {
  const target = ofTable(preprocessing)?.target ?? [];
  return target.length < 2 ? null : target.map(({ name }) => name);
}

/** Most outputs without names that are shown. */
export const MAX_SHOWN_OUTPUTS = 64;

export function columnUnits(preprocessing: Preprocessing | undefined): ColumnUnits {
  // Inputs of a column: one per token or category, or a number; and one that marks missing cells, if there are any.
  const inputs = inInputOrder(ofTable(preprocessing)?.columns ?? []).flatMap(
    (column): { center: number; scale: number }[] => {
      const plain = { center: 0, scale: 1 };
      if (column.type === 'text') return Array.from({ length: column.context }, () => plain);
      if (column.type === 'image') return Array.from({ length: widthOfImage(column) }, () => plain);
      if (column.type === 'categorical')
        return [...column.categories, ...(column.missing ? [''] : [])].map(() => plain);
      return column.indicator ? [column, plain] : [column];
    },
  );
  const target = ofTable(preprocessing)?.target ?? [];
  const toUnits = (scaled: readonly { center: number; scale: number }[]) => (value: number, index: number) => {
    const { center, scale } = scaled[index] ?? { center: 0, scale: 1 };
    return value * scale + center;
  };
  return { input: toUnits(inputs), output: (value, o) => decodeValue(value, target[o]) };
}
