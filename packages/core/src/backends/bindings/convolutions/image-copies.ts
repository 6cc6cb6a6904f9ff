import { elementView } from '../../../math/element-type.ts';
import type { Panels } from '../panels/panels.ts';
import { layoutOf, type Reach, type RowLayout } from '../reach.ts';

/** Maximum number of numbers in a vector, over all extensions and types. */
const MAX_LANES = 16;

/** Bytes of a copy of an image, for any extension and either type. */
export const copyBytes = (rows: number, reach: Reach, channels: number): number => {
  const { row, isCopy } = layoutOf(reach, channels, MAX_LANES);
  return isCopy ? 8 * rows * row : 0;
};

/** Images with zeros around their rows where windows need them: copies in scratch, else the images themselves. */
export interface ImageCopies {
  /** Writes the zeros of all copies. The tape must be empty. */
  clear(): void;
  /** Copies `count` images from image n on. Returns the byte offset of the first pixel of the first. */
  copy(images: number, n: number, count: number): number;
}

export function createImageCopies(
  { type, bytes, leafPanel, pack }: Panels,
  scratch: Float64Array,
  free: number, // byte offset of the copies in memory
  { row, left, isCopy }: RowLayout,
  rows: number, // of an image
  numbers: number, // of a row of the image
  maxImages: number, // at a time
): ImageCopies {
  const copies = elementView(type, scratch.buffer, free, isCopy ? maxImages * rows * row : 0);
  return {
    clear: () => void copies.fill(0),
    copy(images, n, count) {
      const source = images + bytes * n * rows * numbers;
      if (!isCopy) return source;
      const to = free + bytes * left;
      // Panels whose rows are as far apart as those of a copy, and which lie side by side, make up the copy.
      const { columns, step } = leafPanel;
      pack(to, bytes * row, step, source, bytes * numbers, count * rows, numbers, columns);
      return to;
    },
  };
}
