import type { LoadedParts } from '@gradloom/core';

/** Options of reading a model file or checkpoint. */
export interface LoadOptions {
  /** The custom parts that it was trained with: `await loadParts('./my-parts.js')`. @default none */
  readonly parts?: LoadedParts;
}
