import type { NetworkSpec } from './network.ts';
import type { Shape } from './shape.ts';

/** Builds a known network. */
export type NetworkBuilder = (
  /** Shape of a row: [H, W, C] of an image, [T] of tokens. */
  input: Shape,
  /** Outputs: the number of classes, or of values. */
  outputs: number,
) => NetworkSpec;
