/** Whole epochs before `step`. */
export const epochOf = (step: number, stepsPerEpoch: number): number => Math.floor(step / stepsPerEpoch);

/** baseⁿ for a whole n >= 0, by squaring. */
export function power(base: number, n: number): number {
  let result = 1;
  let square = base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
