import type { LoadedParts } from '@gradloom/core';

/** How a model file or checkpoint is read. */
export interface LoadOptions {
  /** The parts of a user's own that it was trained with: `await loadParts('./my-parts.js')`. @default none */
  readonly parts?: LoadedParts;
}
