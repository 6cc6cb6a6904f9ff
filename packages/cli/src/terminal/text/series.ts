/** Values of a run, reduced to means over equal numbers of them. */
export interface Series {
  add(value: number): void;
  read(): readonly number[];
}

/** Keeps at most `limit` means; where there are more, each two become one. */
export function createSeries(limit: number): Series {
  let means: number[] = [];
  let size = 1; // values of a mean
  let sum = 0;
  let count = 0;
  return {
    add(value) {
      sum += value;
      if (++count < size) return;
      means.push(sum / count);
      sum = count = 0;
      if (means.length < limit) return;
      means = Array.from({ length: limit / 2 }, (_, k) => (means[2 * k] + means[2 * k + 1]) / 2);
      size *= 2;
    },
    read: () => (count === 0 ? means : [...means, sum / count]),
  };
}
