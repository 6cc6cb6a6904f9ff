import type { CustomParts } from '@gradloom/core';
import { createWasmKernels } from '@gradloom/core/internal';
import type { ThreadEnvironment } from '../engine/threads/thread-environment.ts';

/** Cores of this machine, as its browser reports them. */
export const browserCores = (): number =>
  (globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
  1;

/** The environment of a browser's worker: WebAssembly and these custom parts, and neither files nor other ranks. */
export const browserEnvironment = (parts: CustomParts): ThreadEnvironment => ({
  cores: browserCores(),
  // 10 s: sleeps of 100 ms are counted, since a clock would also count the time that a computer is suspended.
  maxSleeps: 100,
  partsOf: () => parts,
  kernelsOf: ({ memory, elementType, backend }, scratch) =>
    createWasmKernels({ memory, elementType, scratch, unfused: 'unfused' in backend }),
  gatherFile() {
    throw new Error('browserEnvironment: rows are in a file, expected rows in memory');
  },
  openLink() {
    throw new Error('browserEnvironment: the run has other ranks, expected none');
  },
});
