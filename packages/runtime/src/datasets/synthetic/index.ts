import { blobs } from './blobs.ts';
import { circles } from './circles.ts';
import { and, or, xor } from './gates.ts';
import { moons } from './moons.ts';
import { sine } from './sine.ts';
import { spirals } from './spirals.ts';

/** Every set that is made rather than read: the same numbers on every machine for the same options. */
export const syntheticDatasets = { xor, and, or, spirals, moons, circles, blobs, sine };

export type SyntheticName = keyof typeof syntheticDatasets;

export type { ClassOptions, SyntheticOptions } from './options.ts';
