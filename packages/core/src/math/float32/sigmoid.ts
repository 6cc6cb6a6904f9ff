import { exp } from './exp.ts';

const round = Math.fround; // makes each result that of an operation of floats

/**
 * 1 / (1 + e⁻ᶻ), within 1.81 ulp; 0 below -103.97.
 * With e = e^-|z| and r = e / (1 + e) it is 1 - r, or e - e · r where z < 0: no power overflows.
 */
export function sigmoid(z: number): number {
  const e = exp(-Math.abs(z));
  const r = round(e / round(1 + e));
  const most = z < 0 ? e : 1;
  return round(most - round(most * r));
}
