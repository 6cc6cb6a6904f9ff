import type { ModelContents } from '@gradloom/core';
import { checkObject, ofImages, show } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { createImageReader } from './image-reader.ts';

/**
 * Reads a PNG or JPEG image as a row for a model of images: the path or the bytes of a file to bytes [height, width,
 * channels] in the size and colours of the model's training images, by the code that loaded those.
 *
 * ```ts
 * model.predict([await imageRow(model, 'cat.jpg')]); // [{ prediction: 'cats', probabilities: { ... } }]
 * ```
 *
 * @throws Error (rejects) if the model takes no images, or naming the file and what is wrong with it.
 */
export async function imageRow(
  model: Pick<ModelContents, 'preprocessing'>,
  image: string | Uint8Array,
): Promise<Uint8Array> {
  const { preprocessing } = checkObject('imageRow', 'model', model, 'a model');
  const encoding = ofImages(preprocessing)?.image;
  if (encoding === undefined) throw new Error('imageRow: model takes no images, expected one that was trained on them');
  if (image instanceof Uint8Array) return (await createImageReader(encoding))('imageRow: image', image);
  if (typeof image !== 'string') throw new Error(`imageRow: image has ${show(image)}, expected a path or bytes`);
  const { readImage } = await import('./image-file.ts');
  const { fitImage } = await import('./decoders.ts');
  return fitImage(await readImage('imageRow', checkPath('imageRow', image)), encoding);
}
