import { sharedArrays } from '../number-types.ts';
import { type Image, withChannels } from './image.ts';
import type { ImageSize } from './image-options.ts';
import { resizeImage } from './resize-image.ts';

/** Collects the images of a set into rows. */
export interface ImageRows {
  /** Adds an image. Returns false for one of another size than those before, without a size to resize to. */
  add(image: Image): boolean;
  finished(): ImageShape & { readonly array: Uint8Array<SharedArrayBuffer> };
}

/** Size and channels, equal for all images of a set. */
export type ImageShape = ImageSize & Pick<Image, 'channels'>;

/**
 * Allocates room for `count` images. Unless `channels` is given, grey images keep one channel until the first coloured
 * image.
 */
export function createImageRows(
  where: string,
  count: number,
  size: ImageSize | undefined, // size to resize to
  channels: 1 | 3 | undefined,
  like?: ImageShape, // shape of another set, to which images are resized; default: that of the first image
): ImageRows {
  let shape = like;
  let array: Uint8Array<SharedArrayBuffer> | undefined;
  let imageCount = 0;

  /** Sets the shape from this image and allocates the rows. */
  function begin(image: Image): ImageShape {
    shape ??= { ...(size ?? image), channels: channels ?? image.channels };
    const { width, height } = shape;
    const rowChannels = channels ?? like?.channels ?? (image.channels === 3 ? 3 : shape.channels);
    if (array === undefined || rowChannels !== shape.channels) {
      const wider = sharedArrays.uint8(count * width * height * rowChannels);
      if (array !== undefined) wider.set(withChannels(stored(array, shape), rowChannels).pixels);
      array = wider;
    }
    return { width, height, channels: rowChannels };
  }

  const stored = (pixels: Uint8Array, { width, height }: ImageSize): Image => {
    const offset = imageCount * width * height;
    return { width, height: height * imageCount, channels: 1, pixels: pixels.subarray(0, offset) };
  };

  return {
    add(image) {
      const target = size ?? like;
      const resized = target === undefined ? image : resizeImage(image, target.width, target.height);
      shape = begin(resized);
      const { width, height, channels: rowChannels } = shape;
      if (resized.width !== width || resized.height !== height) return false;
      array?.set(withChannels(resized, rowChannels).pixels, imageCount * width * height * rowChannels);
      imageCount++;
      return true;
    },
    finished() {
      if (shape === undefined || array === undefined) throw new Error(`${where}: no images, expected at least one`);
      return { ...shape, array };
    },
  };
}
