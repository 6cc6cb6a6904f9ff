import type { ElementType } from '../../../math/element-type.ts';
import { createArm64 } from './arm64/arm64.ts';
import type { Isa } from './isa.ts';
import type { ConventionName } from './x64/convention.ts';
import { createX64, units } from './x64/x64.ts';

/** What machine code can be made for: a kind of processor with vectors of some width. */
export interface Extension {
  readonly processor: 'x64' | 'arm64'; // as `process.arch` says it
  readonly flags: readonly string[]; // of the processor, which must have them all
  /** Default convention of x64: System V's. That of arm64 is one. */
  createIsa(type: ElementType, convention?: ConventionName): Isa;
}

/** Widest first. */
export const extensions = {
  avx512: { processor: 'x64', flags: units.avx512.flags, createIsa: (...how) => createX64('avx512', ...how) },
  avx2: { processor: 'x64', flags: units.avx2.flags, createIsa: (...how) => createX64('avx2', ...how) },
  neon: { processor: 'arm64', flags: [], createIsa: createArm64 }, // which each such processor has
} satisfies Record<string, Extension>;

export type ExtensionName = keyof typeof extensions;
