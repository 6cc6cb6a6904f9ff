import type { Elements } from '@gradloom/core';

/** Where a part of a tensor [R, width] stands: some of its columns. */
interface Columns {
  readonly column: number; // the first
  readonly columns: number;
  readonly width: number;
  /** Whether the part is stored as [columns, R], and not as [R, columns]. */
  readonly isTransposed: boolean;
}

/** Copies columns of a tensor from the numbers of a file, or to them. Overwrites `values`, or `numbers`. */
export function copyColumns<Direction extends 'from' | 'to'>(
  direction: Direction,
  numbers: Direction extends 'to' ? Elements : ArrayLike<number>,
  values: Elements, // [R, width]
  { column, columns, width, isTransposed }: Columns,
): void {
  const R = values.length / width;
  const destination = direction === 'to' ? (numbers as Elements) : values;
  for (let r = 0; r < R; r++) {
    for (let c = 0; c < columns; c++) {
      const valueIndex = r * width + column + c;
      const numberIndex = isTransposed ? c * R + r : r * columns + c;
      if (destination === values) values[valueIndex] = numbers[numberIndex];
      else destination[numberIndex] = values[valueIndex];
    }
  }
}
