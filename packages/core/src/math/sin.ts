import { reduceAngle, remainder } from './reduce-angle.ts';

/** sin x, x in radians, within 0.8 ulp for every finite x; -0 kept, NaN at ±∞. */
export function sin(x: number): number {
  if (x === 0) return x;
  const quarter = reduceAngle(x);
  const y = quarter & 1 ? cosOctant(remainder[0], remainder[1]) : sinOctant(remainder[0], remainder[1]);
  return quarter & 2 ? -y : y;
}

/** cos x, x in radians, within 0.8 ulp for every finite x; NaN at ±∞. */
export function cos(x: number): number {
  const quarter = reduceAngle(x);
  const y = quarter & 1 ? sinOctant(remainder[0], remainder[1]) : cosOctant(remainder[0], remainder[1]);
  return quarter === 1 || quarter === 2 ? -y : y;
}

/** sin(x + tail) for |x| ≤ π/4, by [fdlibm, k_sin.c](https://www.netlib.org/fdlibm/k_sin.c). */
function sinOctant(x: number, tail: number): number {
  const z = x * x;
  const v = z * x;
  const r = S2 + z * (S3 + z * (S4 + z * (S5 + z * S6)));
  return x - (z * (0.5 * tail - v * r) - tail - v * S1);
}

/** cos(x + tail) for |x| ≤ π/4. The rounding error of 1 - x²/2 is added back. */
function cosOctant(x: number, tail: number): number {
  const z = x * x;
  const r = z * (C1 + z * (C2 + z * (C3 + z * (C4 + z * (C5 + z * C6)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * r - x * tail));
}

const S1 = -0.16666666666666632;
const S2 = 0.00833333333332249;
const S3 = -0.0001984126982985795;
const S4 = 2.7557313707070068e-6;
const S5 = -2.5050760253406863e-8;
const S6 = 1.58969099521155e-10;

const C1 = 0.0416666666666666;
const C2 = -0.001388888888887411;
const C3 = 2.480158728947673e-5;
const C4 = -2.7557314351390663e-7;
const C5 = 2.087572321298175e-9;
const C6 = -1.1359647557788195e-11;
