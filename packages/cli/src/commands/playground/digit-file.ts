import type { ElementType, LossSpec, NetworkSpec } from '@gradloom/core';

/** A model of digits, as the playground fetches it: JSON, so that the page needs no reader of model files. */
export interface DigitFile {
  readonly spec: NetworkSpec;
  readonly loss: LossSpec;
  readonly labels: readonly string[];
  readonly precision: ElementType;
  readonly parameters: readonly number[]; // [P]
}
