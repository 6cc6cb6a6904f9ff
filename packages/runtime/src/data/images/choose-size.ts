import type { ImageSize } from './image-options.ts';

/** The sizes of images, from their headers. @throws Error as `readImage` does. */
export async function sizesOf(where: string, paths: readonly string[]): Promise<ImageSize[]> {
  const { readImageSize } = await import('./image-file.ts');
  const sizes: ImageSize[] = [];
  for (const path of paths) sizes.push(await readImageSize(where, path));
  return sizes;
}

/** A size for images of several sizes. */
export interface SizeChoice {
  readonly size: ImageSize;
  /** Whether an image has another size. */
  readonly isResized: boolean;
  /** A sentence about the choice. */
  readonly decision: string;
}

/** The longer side of a chosen size: a convnet takes 64 x 64 pixels in five times the time of 28 x 28. */
const MAX_CHOSEN_SIDE = 64;

/** The median width and height, made smaller together if one of them is too long. */
export async function chooseSize(where: string, paths: readonly string[]): Promise<SizeChoice> {
  const sizes = await sizesOf(where, paths);
  const median = (side: keyof ImageSize) => sizes.map((size) => size[side]).sort((a, b) => a - b)[sizes.length >> 1];
  const [width, height] = [median('width'), median('height')];
  const shrink = Math.min(1, MAX_CHOSEN_SIDE / Math.max(width, height));
  const size = { width: Math.max(1, Math.round(shrink * width)), height: Math.max(1, Math.round(shrink * height)) };
  const byArea = sizes.toSorted((a, b) => a.width * a.height - b.width * b.height);
  const range = [byArea[0], byArea[byArea.length - 1]].map((size) => `${size.width} x ${size.height}`).join(' to ');
  const why = shrink < 1 ? `their median, ${width} x ${height}, at ${MAX_CHOSEN_SIDE} pixels a side` : 'their median';
  return {
    size,
    isResized: sizes.some(({ width: w, height: h }) => w !== size.width || h !== size.height),
    decision: `images of ${range} pixels are resized to ${size.width} x ${size.height} (width x height), ${why}`,
  };
}
