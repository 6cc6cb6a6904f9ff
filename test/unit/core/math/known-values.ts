const { NaN: nan } = Number;

/** Of a type of numbers. */
export interface Extremes {
  readonly max: number; // the largest that is finite
  readonly min: number; // the smallest above 0
  readonly ulp: number; // from 1 to its neighbour away from 0
  readonly expOverflows: number; // the smallest of which exp is Infinity
  readonly expVanishes: number; // the largest of which exp is 0
}

export type Known = readonly (readonly [x: number, y: number])[];

/** Values that hold exactly, of the functions that both types have. */
export function knownValues({ max, min, ulp, expOverflows, expVanishes }: Extremes) {
  const odd = [
    [nan, nan],
    [0, 0],
    [-0, -0],
    [min, min],
    [-min, -min],
  ] as const;
  const saturating = [...odd, [Infinity, 1], [-Infinity, -1], [max, 1], [-max, -1]] as const;
  const logarithm = [
    [nan, nan],
    [Infinity, Infinity],
    [-Infinity, nan],
  ] as const;
  return {
    exp: [
      [nan, nan],
      [0, 1],
      [-0, 1],
      [Infinity, Infinity],
      [-Infinity, 0],
      [expOverflows, Infinity],
      [expVanishes, 0],
      [max, Infinity],
      [-max, 0],
      [min, 1],
    ],
    expm1: [...odd, [Infinity, Infinity], [-Infinity, -1], [max, Infinity], [-max, -1]],
    log: [...logarithm, [0, -Infinity], [-0, -Infinity], [1, 0], [-1, nan], [-min, nan]],
    log1p: [...logarithm, ...odd.slice(1), [-1, -Infinity], [-1 - ulp, nan]],
    tanh: saturating,
    erf: saturating,
    sigmoid: [
      [nan, nan],
      [0, 0.5],
      [-0, 0.5],
      [Infinity, 1],
      [-Infinity, 0],
      [max, 1],
      [-max, 0],
    ],
  } satisfies Record<string, Known>;
}
