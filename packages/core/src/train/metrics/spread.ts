/** Σ(v - v̄)² of several columns of values, value by value. */
export interface Spread {
  /** Adds a value to a column, as often as `count` says. */
  add(column: number, value: number, count: number): void;
  /** Σ(v - v̄)² of each column; empty before the first value. */
  squares(): readonly number[];
}

/**
 * The mean is carried from value to value, which loses no digits where it is large. [West
 * 1979](https://doi.org/10.1145/359146.359153)
 */
export function createSpread(): Spread {
  const values: number[] = []; // [columns] that were added
  const means: number[] = []; // [columns]
  const squares: number[] = []; // [columns] Σ(v - v̄)²
  return {
    add(column, value, count) {
      if (count === 0) return;
      while (values.length <= column) {
        values.push(0);
        means.push(0);
        squares.push(0);
      }
      const distance = value - means[column];
      values[column] += count;
      means[column] += (count * distance) / values[column];
      squares[column] += count * distance * (value - means[column]);
    },
    squares: () => squares,
  };
}
