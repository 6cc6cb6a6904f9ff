import { cosOctant, sinOctant } from './octant.ts';
import { reduceAngle, remainder } from './reduce-angle.ts';

/** sin x, x in radians, within 0.8 ulp for every finite x; -0 kept, NaN at ±∞. */
export function sin(x: number): number {
  if (x === 0) return x;
  const quarter = reduceAngle(x);
  const y = quarter & 1 ? cosOctant(remainder[0], remainder[1]) : sinOctant(remainder[0], remainder[1]);
  return quarter & 2 ? -y : y;
}
