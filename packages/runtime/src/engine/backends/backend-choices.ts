import type { BackendName } from '@gradloom/core';

export const backendNames = { reference: true, wasm: true, native: true, blas: true } as const satisfies Record<
  BackendName,
  true
>;

/**
 * Choices of a backend. 'auto' is the first of native, blas and wasm that this machine supports; wasm if all layers are
 * too small to gain from the others; reference if there is no WebAssembly.
 */
export const backendChoices = { auto: true, ...backendNames } as const;
/** 'auto', or the name of a backend. */
export type BackendChoice = keyof typeof backendChoices;
