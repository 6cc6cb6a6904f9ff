import type { ElementType, LayerKind, LossSpec, NetworkSpec } from '@gradloom/core';

/** A line of the answer: how much of the training of the model is done; the last one is the model, or a reason. */
export type DigitLine = { readonly share: number } | DigitFile | { readonly error: string };

/** A model of digits, as the playground fetches it: JSON, so that the page needs no reader of model files. */
export interface DigitFile {
  readonly spec: NetworkSpec;
  readonly loss: LossSpec;
  readonly labels: readonly string[];
  readonly precision: ElementType;
  readonly parameters: readonly number[]; // [P]
}

/** Kinds of layers that a model of digits may have. The page leaves out others: see `.ci/bundle-page.mjs`. */
export const digitKinds: readonly LayerKind[] = [
  ...(['activation', 'avg-pool', 'batch-norm', 'channel-dropout', 'conv1d', 'conv2d', 'dense', 'dropout'] as const),
  ...(['flatten', 'global-avg-pool', 'group-norm', 'instance-norm', 'layer-norm', 'like', 'max-pool'] as const),
  ...(['reshape', 'residual'] as const),
];
