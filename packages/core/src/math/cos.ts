import { cosOctant, sinOctant } from './octant.ts';
import { reduceAngle, remainder } from './reduce-angle.ts';

/** cos x, x in radians, within 0.8 ulp for every finite x; NaN at ±∞. */
export function cos(x: number): number {
  const quarter = reduceAngle(x);
  const y = quarter & 1 ? sinOctant(remainder[0], remainder[1]) : cosOctant(remainder[0], remainder[1]);
  return quarter === 1 || quarter === 2 ? -y : y;
}
