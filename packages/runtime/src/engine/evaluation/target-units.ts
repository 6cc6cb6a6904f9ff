import type { Loss, Preprocessing, TargetDecoding } from '@gradloom/core';
import { decodeValue, ofTable } from '@gradloom/core/internal';

/** Scaling of a value column of the target. */
type Scaled = Extract<TargetDecoding, { type: 'values' }>;

const isScaled = (decoding: TargetDecoding): decoding is Scaled => decoding.type === 'values';

/**
 * Factor from the loss on scaled targets to the loss in their own units: an error of 2 standard deviations of 10 is one
 * of 20. It is 1 (the loss stays scaled) if several targets have different scales. Where the logarithm of a target is
 * learned, the loss is in units of the logarithm.
 */
export function lossUnit({ degree }: Loss, preprocessing: Preprocessing | undefined): number {
  const scales = new Set(
    ofTable(preprocessing)
      ?.target.filter(isScaled)
      .map(({ scale }) => Math.abs(scale)),
  );
  const [scale = 1] = scales;
  if (degree === undefined || scales.size !== 1) return 1;
  return degree === 1 ? scale : scale * scale;
}

/** Converts rows of outputs or targets to the units of the target columns, in place; classes stay as they are. */
export function toTargetUnits(
  rows: Float64Array, // [B, O] in and out
  B: number,
  preprocessing: Preprocessing | undefined,
): void {
  const target = ofTable(preprocessing)?.target ?? [];
  if (!target.every(isScaled)) return;
  const O = target.length;
  for (const [o, decoding] of target.entries()) {
    for (let n = 0; n < B; n++) rows[n * O + o] = decodeValue(rows[n * O + o], decoding);
  }
}
