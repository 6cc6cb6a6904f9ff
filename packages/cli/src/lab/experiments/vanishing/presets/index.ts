import { glorot } from './glorot.ts';
import { he } from './he.ts';
import { nielsen } from './nielsen.ts';
import type { Preset } from './preset.ts';
import { skip } from './skip.ts';

/** Presets that recompute published figures. To add one, write a file and list it here. */
export const presets = { nielsen, glorot, he, skip } satisfies Record<string, Preset>;
