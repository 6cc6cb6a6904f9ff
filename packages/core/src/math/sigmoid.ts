import { exp } from './exp.ts';

/** 1 / (1 + e⁻ᶻ), within 2.5 ulp; 0 below -709.78, where e⁻ᶻ overflows. */
export const sigmoid = (z: number): number => 1 / (1 + exp(-z));
