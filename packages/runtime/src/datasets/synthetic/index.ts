import { blobs } from './blobs.ts';
import { circles } from './circles.ts';
import { and, or, xor } from './gates.ts';
import { moons } from './moons.ts';
import { sine } from './sine.ts';
import { spirals } from './spirals.ts';

const table = { xor, and, or, spirals, moons, circles, blobs, sine };

/** Every set that is made rather than read: the same numbers on every machine for the same options. */
export const syntheticDatasets: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** The name of one of them. */
export type SyntheticName = keyof typeof table;

export type { ClassOptions, SyntheticOptions } from './options.ts';
