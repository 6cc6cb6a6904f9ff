import type { ImagePreprocessing } from '@gradloom/core';
import type { DataMatrix } from '../dataset.ts';

/**
 * The preprocessing of rows of bytes that are images: [height, width], or [height, width, channels] with 1 channel or
 * 3. Undefined for other rows.
 */
export function imagePreprocessing(
  { array, shape = [], divisor, scale }: DataMatrix,
  labels: readonly string[] | undefined,
): ImagePreprocessing | undefined {
  const [height, width, channels = 1] = shape;
  if (!(array instanceof Uint8Array) || shape.length < 2 || shape.length > 3) return undefined;
  if (channels !== 1 && channels !== 3) return undefined;
  return {
    version: 1,
    image: { height, width, channels, divisor, ...(scale === undefined ? {} : { scale }) },
    ...(labels === undefined ? {} : { target: [{ name: 'class', type: 'classes', labels }] }),
  };
}
