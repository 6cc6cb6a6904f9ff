import { sharedArrays } from '../number-types.ts';
import { type Image, withChannels } from './image.ts';
import type { ImageShape, ImageSize } from './image-options.ts';
import { resizeImage } from './resize-image.ts';

/** The images of a set. */
export interface ImageRows extends ImageShape {
  readonly array: Uint8Array<SharedArrayBuffer>; // [count, height, width, channels]
}

/** The parts of a shape that are requested of images; the others follow from all of them. */
export interface RequestedShape {
  readonly size: ImageSize | undefined; // to resize to
  readonly channels: 1 | 3 | undefined;
  readonly bits: number | undefined;
}

/**
 * Reads images into rows; null if they have several sizes, and none is requested. Values of 16 bits are read as the
 * bits that the largest of all images takes, which a second reading needs if they are fewer.
 */
export async function readImageRows(
  where: string,
  paths: readonly string[],
  requested: RequestedShape,
  trainShape?: ImageShape, // shape of the training images, for another set: its images are brought to it
): Promise<ImageRows | null> {
  // Imported when needed: most processes read no images, and the decoders take a while to load.
  const { readImage } = await import('./image-file.ts');
  const { size, channels } = requested;
  const bits = trainShape === undefined ? requested.bits : (trainShape.bits ?? 16);
  const rows = createImageRows(where, paths.length, size, channels, trainShape);
  let usedBits = 0;
  for (const path of paths) {
    const image = await readImage(where, path, bits);
    usedBits = Math.max(usedBits, image.bits ?? 0);
    if (!rows.add(image)) return null;
  }
  const isTooDark = bits === undefined && usedBits > 0 && usedBits < 16;
  if (isTooDark) return readImageRows(where, paths, { ...requested, bits: usedBits });
  const rowBits = trainShape === undefined ? (bits ?? usedBits) : trainShape.bits;
  return { ...rows.finished(), ...(rowBits && { bits: rowBits }) };
}

/** Allocates room for `count` images. Without `channels` grey images keep one channel until a coloured one. */
function createImageRows(
  where: string,
  count: number,
  size: ImageSize | undefined, // size to resize to
  channels: 1 | 3 | undefined,
  trainShape: ImageShape | undefined,
) {
  let shape = trainShape;
  let array: Uint8Array<SharedArrayBuffer> | undefined;
  let imageCount = 0;

  /** The shape of the rows with this image among them, which allocates them: a coloured image needs three channels. */
  function fitShape(image: Image): ImageShape {
    shape ??= { ...(size ?? image), channels: channels ?? image.channels };
    const { width, height } = shape;
    const rowChannels = channels ?? trainShape?.channels ?? (image.channels === 3 ? 3 : shape.channels);
    if (array === undefined || rowChannels !== shape.channels) {
      const newArray = sharedArrays.uint8(count * width * height * rowChannels);
      if (array !== undefined) newArray.set(withChannels(storedImages(array, shape), rowChannels).pixels);
      array = newArray;
    }
    return { width, height, channels: rowChannels };
  }

  /** The images so far as one, below each other. */
  const storedImages = (pixels: Uint8Array, { width, height }: ImageSize): Image => {
    const offset = imageCount * width * height;
    return { width, height: height * imageCount, channels: 1, pixels: pixels.subarray(0, offset) };
  };

  return {
    /** Adds an image. Returns false for one of another size than those before, without a size to resize to. */
    add(image: Image): boolean {
      const target = size ?? trainShape;
      const resizedImage = target === undefined ? image : resizeImage(image, target.width, target.height);
      shape = fitShape(resizedImage);
      const { width, height, channels: rowChannels } = shape;
      if (resizedImage.width !== width || resizedImage.height !== height) return false;
      array?.set(withChannels(resizedImage, rowChannels).pixels, imageCount * width * height * rowChannels);
      imageCount++;
      return true;
    },
    finished(): ImageRows {
      if (shape === undefined || array === undefined) throw new Error(`${where}: no images, expected at least one`);
      return { ...shape, array };
    },
  };
}
