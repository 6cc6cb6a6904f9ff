import type { ElementType } from '../../math/element-type.ts';
import { createArm64 } from './arm64/arm64.ts';
import type { Isa } from './isa.ts';
import type { ConventionName } from './x64/convention.ts';
import { createX64, units } from './x64/x64.ts';

/** A processor type and vector width that machine code can be made for. */
export interface Extension {
  readonly processor: 'x64' | 'arm64'; // as in `process.arch`
  readonly flags: readonly string[]; // CPU flags that the processor must have
  /**
   * The calling convention matters on x64 only. @default 'systemV'. Kernels are called by code that lies `origin` bytes
   * before this one. @default 0
   */
  createIsa(type: ElementType, convention?: ConventionName, origin?: number): Isa;
}

/** In order of preference, widest vectors first. */
export const extensions = {
  avx512: { processor: 'x64', flags: units.avx512.flags, createIsa: (...options) => createX64('avx512', ...options) },
  avx2: { processor: 'x64', flags: units.avx2.flags, createIsa: (...options) => createX64('avx2', ...options) },
  neon: { processor: 'arm64', flags: [], createIsa: createArm64 }, // every arm64 processor has it
} satisfies Record<string, Extension>;

export type ExtensionName = keyof typeof extensions;
