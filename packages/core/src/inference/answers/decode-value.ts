import type { TargetDecoding } from '../preprocessing/preprocessing.ts';

/** value = y · scale + center: the output in the units of its target. */
export const decodeValue = (y: number, decoding: TargetDecoding | undefined): number =>
  decoding?.type === 'values' ? y * decoding.scale + decoding.center : y;
