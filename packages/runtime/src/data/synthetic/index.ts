import { blobs } from './blobs.ts';
import { circles } from './circles.ts';
import { and, or, xor } from './gates.ts';
import { moons } from './moons.ts';
import { sine } from './sine.ts';
import { spirals } from './spirals.ts';

const table = { xor, and, or, spirals, moons, circles, blobs, sine };

/** Every synthetic dataset: the same numbers on every machine for the same options. */
export const syntheticDatasets: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** The name of a synthetic dataset. */
export type SyntheticName = keyof typeof table;

export type { ClassOptions, SyntheticOptions } from './options.ts';
