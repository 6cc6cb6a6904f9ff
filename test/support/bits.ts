/**
 * A sentence on the first difference in bits between `actual` and `expected`, or null. As in Object.is, -0 is not 0 and
 * all NaN are equal (the bits of a NaN depend on the processor).
 */
export function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): string | null {
  if (actual.length !== expected.length) return `length has ${actual.length}, expected ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) return `[${i}] has ${show(actual[i])}, expected ${show(expected[i])}`;
  }
  return null;
}

const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));
