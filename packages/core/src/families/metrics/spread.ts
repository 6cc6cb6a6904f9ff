import { productError, sumError } from '../../math/error-free.ts';
import { powerOfTwo } from '../../math/exponent.ts';
import { viewOf } from '../../math/scratch.ts';

/** Σ of squares of numbers multiplied by `unit`, a power of two, so that no square overflows or underflows. */
export interface Squares {
  readonly sum: number;
  readonly unit: number;
}

/** √(Σ / n). */
export const rootMean = ({ sum, unit }: Squares, n: number): number => Math.sqrt(sum / n) / unit;

/** The sum of `a` / the sum of `b`; NaN if that of `b` is 0. */
export function ratioOf(a: Squares, b: Squares): number {
  if (b.sum === 0) return Number.NaN;
  if (a.sum === 0 || a.unit === b.unit) return a.sum / b.sum;
  const root = (Math.sqrt(a.sum) / Math.sqrt(b.sum)) * (b.unit / a.unit);
  return root * root;
}

/**
 * Three ranges of numbers, above 2⁴⁰⁰, between, and below 2⁻⁴⁰⁰, are squared in their own units, summed apart. [Blue
 * 1978](https://doi.org/10.1145/355769.355771)
 */
const UNITS = [powerOfTwo(-600), 1, powerOfTwo(600)];
const [LARGE, ORDINARY, SMALL] = [0, 1, 2];
const MAX_ORDINARY = powerOfTwo(400);
const MIN_ORDINARY = powerOfTwo(-400);

/** The range with the largest numbers. Numbers of other ranges may be too small to count. */
const topRange = (squares: (k: number) => number): number => [LARGE, ORDINARY].find((k) => squares(k) !== 0) ?? SMALL;

/** Σ (a - b)² over pairs. */
export function createSquares(): { add(a: number, b: number): void; squares(): Squares } {
  const sums = new Float64Array(3); // [range]
  return {
    add(a, b) {
      const difference = a - b;
      const size = Math.abs(difference);
      if (size <= MAX_ORDINARY && size >= MIN_ORDINARY) {
        sums[ORDINARY] += difference * difference;
        return;
      }
      const k = size > MAX_ORDINARY ? LARGE : SMALL;
      // The difference of large numbers may overflow, so they are scaled first.
      const x = k === LARGE ? a * UNITS[LARGE] - b * UNITS[LARGE] : difference * UNITS[SMALL];
      sums[k] += x * x;
    },
    squares() {
      const largestRange = topRange((k) => sums[k]);
      let sum = 0;
      for (let k = SMALL; k >= largestRange; k--)
        sum += sums[k] * (UNITS[largestRange] / UNITS[k]) * (UNITS[largestRange] / UNITS[k]);
      return { sum, unit: UNITS[largestRange] };
    },
  };
}

/** Mean and spread of v = a - b over pairs. */
export interface Spread {
  /** Adds the number a - b without rounding it. @default b 0 */
  add(a: number, b?: number): void;
  /** v̄; NaN before the first number. */
  mean(): number;
  /** Σ (v - v̄)². */
  squares(): Squares;
  /** √(Σ (v - v̄)² / N), as NumPy's std. Exactly 0 for equal numbers, NaN before the first. */
  deviation(): number;
}

/** Indices of the sums of a range: Σ d and Σ d², each followed by the rounding errors of its additions. */
const [SUM, SQUARES, LENGTH] = [0, 2, 4];

/**
 * With d = v - the first number, Σ (v - v̄)² = Σ d² - (Σ d)² / N. As the first number is one of the v, the result is at
 * least 1 / (N + 1) of Σ d². Differences, squares and sums carry their rounding errors along, as if computed with twice
 * the digits of a double. [Ogita, Rump & Oishi 2005](https://doi.org/10.1137/030601818)
 */
export function createSpread(): Spread {
  const sums = new Float64Array(3 * LENGTH + 1); // [range, LENGTH], then the first number
  const FIRST = 3 * LENGTH;
  let rows = 0;

  /** Adds the distance a - b - origin, with all numbers in the unit of range k. */
  function addDistance(k: number, a: number, b: number, origin: number): void {
    const v = a - b;
    const sum = v - origin;
    const rest = sumError(v, -origin, sum) + (b === 0 ? 0 : sumError(a, -b, v));
    const d = sum + rest;
    const dRest = rest - (d - sum);
    if (k === ORDINARY && Math.abs(d) < MIN_ORDINARY) add(SMALL, d * UNITS[SMALL], dRest * UNITS[SMALL]);
    else add(k, d, dRest);
  }

  function add(k: number, d: number, dRest: number): void {
    const square = d * d;
    addTo(sums, k * LENGTH + SUM, d, dRest);
    addTo(sums, k * LENGTH + SQUARES, square, productError(d, d, square) + 2 * d * dRest);
  }

  /** Sums of all ranges, in the unit of the largest. */
  function joinRanges() {
    const largestRange = topRange((k) => sums[k * LENGTH + SQUARES]);
    const joinedSums = new Float64Array(LENGTH);
    for (let k = SMALL; k >= largestRange; k--) {
      const [d, dRest, square, squareRest] = viewOf(sums, k * LENGTH, LENGTH);
      const unit = UNITS[largestRange] / UNITS[k];
      addTo(joinedSums, SUM, d * unit, dRest * unit);
      addTo(joinedSums, SQUARES, square * unit * unit, squareRest * unit * unit);
    }
    return { joined: joinedSums, top: largestRange };
  }

  function squares(): Squares {
    const { joined, top: largestRange } = joinRanges();
    const [d, dRest, sum, sumRest] = joined;
    const square = d * d;
    const [share, shareRest] = divide(square, productError(d, d, square) + 2 * d * dRest, rows);
    return { sum: Math.max(0, sum - share + (sumRest - shareRest)), unit: UNITS[largestRange] };
  }

  return {
    add(a, b = 0) {
      if (rows++ === 0) sums[FIRST] = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, a - b));
      const first = sums[FIRST];
      const isLarge = Math.abs(a - b) > MAX_ORDINARY || Math.abs(first) > MAX_ORDINARY;
      if (isLarge) addDistance(LARGE, a * UNITS[LARGE], b * UNITS[LARGE], first * UNITS[LARGE]);
      else addDistance(ORDINARY, a, b, first);
    },
    mean() {
      const { joined, top: largestRange } = joinRanges();
      const [d, dRest] = divide(joined[SUM], joined[SUM + 1], rows);
      const scaleUp = largestRange === LARGE ? UNITS[LARGE] : 1;
      const scaleDown = largestRange === SMALL ? UNITS[SMALL] : 1;
      const [origin, distance] = [sums[FIRST] * scaleUp, d / scaleDown];
      const mean = origin + distance;
      return (mean + (sumError(origin, distance, mean) + dRest / scaleDown)) / scaleUp;
    },
    squares,
    deviation: () => rootMean(squares(), rows),
  };
}

/** Adds `value` + `rest` to the pair sums[at], sums[at + 1]; the second number collects the rounding errors. */
function addTo(sums: Float64Array, index: number, value: number, rest: number): void {
  const before = sums[index];
  const sum = before + value;
  sums[index] = sum;
  sums[index + 1] += sumError(before, value, sum) + rest;
}

/** (number + rest) / n as a double and its rounding error. */
function divide(number: number, rest: number, n: number): [number, number] {
  const quotient = number / n;
  const product = quotient * n;
  return [quotient, (number - product - productError(quotient, n, product) + rest) / n];
}
