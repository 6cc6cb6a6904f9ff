import { glorot } from './glorot.ts';
import { he } from './he.ts';
import { nielsen } from './nielsen.ts';
import type { Preset } from './preset.ts';

/** Published figures: one file and one word here. */
export const presets = { nielsen, glorot, he } satisfies Record<string, Preset>;
