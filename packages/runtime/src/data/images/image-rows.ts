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

/** Allocates room for `count` images. Without `channels` grey images keep one channel until a coloured one. */
export function createImageRows(
  where: string,
  count: number,
  size: ImageSize | undefined, // size to resize to
  channels: 1 | 3 | undefined,
  trainShape?: ImageShape, // shape of the training images, for another set: its images are resized to it
): ImageRows {
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
    add(image) {
      const target = size ?? trainShape;
      const resizedImage = target === undefined ? image : resizeImage(image, target.width, target.height);
      shape = fitShape(resizedImage);
      const { width, height, channels: rowChannels } = shape;
      if (resizedImage.width !== width || resizedImage.height !== height) return false;
      array?.set(withChannels(resizedImage, rowChannels).pixels, imageCount * width * height * rowChannels);
      imageCount++;
      return true;
    },
    finished() {
      if (shape === undefined || array === undefined) throw new Error(`${where}: no images, expected at least one`);
      return { ...shape, array };
    },
  };
}
